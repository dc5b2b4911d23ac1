;; name: indirect call past the table
;; contracts: 1
;; expect: trapped TABLE_OUT_OF_BOUNDS
;; gas: 25113

(module
  (memory (export "memory") 1)
  (table 2 funcref) (elem (i32.const 0) $run)
  (func $run (export "run")
    (call_indirect (i32.const 2))))
