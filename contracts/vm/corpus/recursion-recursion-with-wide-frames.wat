;; name: recursion with wide frames
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 61218

(module
  (memory (export "memory") 1)
  (func $f (param i64) (result i64) (local (@repeat 4000 i64)) (call $f (local.get 0)))
  (func $run (export "run")
    (drop (call $f (i64.const 1)))))
