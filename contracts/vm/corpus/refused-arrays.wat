;; name: arrays
;; contracts: 1
;; expect: refused feature gc

(module
  (type (array i32))
  (memory (export "memory") 1)
  (func (export "run")))
