;; name: recursion with many parameters
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 54389

(module
  (memory (export "memory") 1)
  (func $f (param (@repeat 100 i64)) (call $f (@repeat 100 (local.get (@at -1 99)))))
  (func $run (export "run")
    (call $f (@repeat 100 (i64.const 1)))))
