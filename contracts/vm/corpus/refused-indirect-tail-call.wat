;; name: indirect tail call
;; contracts: 1
;; expect: refused feature tail_call

(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func $run (export "run")
    (return_call_indirect (i32.const 0))))
