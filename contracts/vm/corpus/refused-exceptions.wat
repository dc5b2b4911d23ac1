;; name: exceptions
;; contracts: 1
;; expect: refused feature exceptions

(module
  (tag)
  (memory (export "memory") 1)
  (func (export "run")))
