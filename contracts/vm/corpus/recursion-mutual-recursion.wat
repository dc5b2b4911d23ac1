;; name: mutual recursion
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 47624

(module
  (memory (export "memory") 1)
  (func $f (call $g)) (func $g (call $f))
  (func $run (export "run")
    (call $f)))
