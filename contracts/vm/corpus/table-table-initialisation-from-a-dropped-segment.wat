;; name: table initialisation from a dropped segment
;; contracts: 1
;; expect: trapped TABLE_OUT_OF_BOUNDS
;; gas: 25229

(module
  (memory (export "memory") 1)
  (table 2 funcref) (elem $e func $run)
  (func $run (export "run")
    (elem.drop $e)
    (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))))
