;; name: deep recursion
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 47615

(module
  (memory (export "memory") 1)
  (func $f (call $f))
  (func $run (export "run")
    (call $f)))
