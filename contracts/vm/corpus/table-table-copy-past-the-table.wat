;; name: table copy past the table
;; contracts: 1
;; expect: trapped TABLE_OUT_OF_BOUNDS
;; gas: 25153

(module
  (memory (export "memory") 1)
  (table 2 funcref)
  (func $run (export "run")
    (table.copy (i32.const 1) (i32.const 0) (i32.const 2))))
