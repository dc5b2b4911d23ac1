;; name: fills without end
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0))))
