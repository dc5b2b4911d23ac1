;; name: bytes of a function, one too many
;; contracts: 1
;; expect: refused limit FunctionBytes of 0: 262145 > 262144

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 262143 nop)))
