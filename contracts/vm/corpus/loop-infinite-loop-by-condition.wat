;; name: infinite loop by condition
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (br_if 0 (i32.const 1)))))
