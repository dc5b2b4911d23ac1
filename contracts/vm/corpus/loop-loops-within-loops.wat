;; name: loops within loops
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (loop (loop (br_if 0 (i32.const 0)) (br_if 1 (i32.const 0)) (br 2))))))
