;; name: operands, one too many
;; contracts: 1
;; expect: refused limit Operands of 0: 1025 > 1024

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 1025 (i32.const #)) (@repeat 1025 drop)))
