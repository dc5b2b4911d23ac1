;; name: recursion through the table
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 67511

(module
  (memory (export "memory") 1)
  (type $t (func)) (table 1 funcref) (elem (i32.const 0) $run)
  (func $run (export "run")
    (call_indirect (type $t) (i32.const 0))))
