;; name: v128 as a global
;; contracts: 1
;; expect: refused feature simd

(module
  (global v128 (v128.const i64x2 0 0))
  (memory (export "memory") 1)
  (func (export "run")))
