;; name: structures
;; contracts: 1
;; expect: refused feature gc

(module
  (type (struct))
  (memory (export "memory") 1)
  (func (export "run")))
