;; name: table copy of 2^32 - 1 elements
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (table 2 funcref)
  (func $run (export "run")
    (table.copy (i32.const 0) (i32.const 0) (i32.const -1))))
