;; name: v128 as a parameter
;; contracts: 1
;; expect: refused feature simd

(module
  (type (func (param v128)))
  (memory (export "memory") 1)
  (func (export "run")))
