;; name: two tables
;; contracts: 1
;; expect: refused limit Tables: 2 > 1

(module
  (table 1 funcref) (table 1 funcref)
  (memory (export "memory") 1)
  (func (export "run")))
