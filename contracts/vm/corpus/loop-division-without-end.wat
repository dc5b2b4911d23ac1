;; name: division without end
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (drop (i64.rem_u (i64.const 9) (i64.const 7))) (br 0))))
