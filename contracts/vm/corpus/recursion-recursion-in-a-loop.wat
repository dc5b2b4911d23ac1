;; name: recursion in a loop
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 50138

(module
  (memory (export "memory") 1)
  (func $f (loop (call $f) (br 0)))
  (func $run (export "run")
    (loop (call $f) (br 0))))
