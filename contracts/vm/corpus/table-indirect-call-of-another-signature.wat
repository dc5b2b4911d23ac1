;; name: indirect call of another signature
;; contracts: 1
;; expect: trapped BAD_INDIRECT_CALL
;; gas: 25124

(module
  (memory (export "memory") 1)
  (type $t (func (param i64))) (table 1 funcref) (elem (i32.const 0) $run)
  (func $run (export "run")
    (call_indirect (type $t) (i64.const 0) (i32.const 0))))
