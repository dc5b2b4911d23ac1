;; name: types, one too many
;; contracts: 1
;; expect: refused limit Types: 2001 > 2000

(module
  (memory (export "memory") 1)
  (@repeat 2001 (type (func)))
  (func $run (export "run")))
