;; name: indirect call of an empty element
;; contracts: 1
;; expect: trapped BAD_INDIRECT_CALL
;; gas: 25113

(module
  (memory (export "memory") 1)
  (table 2 funcref) (elem (i32.const 0) $run)
  (func $run (export "run")
    (call_indirect (i32.const 1))))
