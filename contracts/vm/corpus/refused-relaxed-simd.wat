;; name: relaxed SIMD
;; contracts: 1
;; expect: refused feature simd

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))
