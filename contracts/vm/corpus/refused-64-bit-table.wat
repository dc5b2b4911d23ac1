;; name: 64-bit table
;; contracts: 1
;; expect: refused feature memory64

(module
  (table i64 1 funcref)
  (memory (export "memory") 1)
  (func (export "run")))
