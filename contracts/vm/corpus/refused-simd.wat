;; name: SIMD
;; contracts: 1
;; expect: refused feature simd

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (v128.const i64x2 0 0))))
