;; name: foreign references
;; contracts: 1
;; expect: refused feature gc_types

(module
  (table 1 externref)
  (memory (export "memory") 1)
  (func (export "run")))
