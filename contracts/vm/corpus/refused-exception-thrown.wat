;; name: exception thrown
;; contracts: 1
;; expect: refused feature exceptions

(module
  (tag $t)
  (memory (export "memory") 1)
  (func (export "run") (throw $t)))
