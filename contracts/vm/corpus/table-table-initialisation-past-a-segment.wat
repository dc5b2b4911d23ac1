;; name: table initialisation past a segment
;; contracts: 1
;; expect: trapped TABLE_OUT_OF_BOUNDS
;; gas: 25168

(module
  (memory (export "memory") 1)
  (table 2 funcref) (elem $e func $run)
  (func $run (export "run")
    (table.init $e (i32.const 0) (i32.const 0) (i32.const 2))))
