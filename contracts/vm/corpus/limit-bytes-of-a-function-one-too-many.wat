;; name: bytes of a function, one too many
;; contracts: 1
;; expect: refused limit FunctionBytes of 0: 131073 > 131072

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 131071 nop)))
