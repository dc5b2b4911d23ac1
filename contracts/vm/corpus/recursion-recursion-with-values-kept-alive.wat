;; name: recursion with values kept alive
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 237157
;; The products are needed before and after the call, far more than the operand stack shows. 

(module
  (memory (export "memory") 1)
  (func $f (param i64) (result i64) (local i64)
  (@repeat 2000 (local.set 1 (i64.add (local.get 1) (i64.mul (local.get 0) (i64.const (@at 2 3))))))
  (local.set 1 (i64.add (local.get 1) (call $f (local.get 1))))
  (@repeat 2000 (local.set 1 (i64.xor (local.get 1) (i64.mul (local.get 0) (i64.const (@at 2 3))))))
  (local.get 1))
  (func $run (export "run")
    (drop (call $f (i64.const 3)))))
