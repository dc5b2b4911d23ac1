;; name: copy of 4 GiB
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (memory.copy (i32.const 0) (i32.const 0) (i32.const -1))))
