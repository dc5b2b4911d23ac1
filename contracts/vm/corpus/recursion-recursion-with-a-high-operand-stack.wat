;; name: recursion with a high operand stack
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 73272

(module
  (memory (export "memory") 1)
  (func $f (result i32) (@repeat 1000 (i32.const #)) (call $f) (@repeat 1000 i32.add))
  (func $run (export "run")
    (drop (call $f))))
