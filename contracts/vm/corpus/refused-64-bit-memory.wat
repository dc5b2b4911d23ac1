;; name: 64-bit memory
;; contracts: 1
;; expect: refused feature memory64

(module
  (memory (export "memory") i64 1)
  (func (export "run")))
