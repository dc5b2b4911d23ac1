;; name: v128 as a local
;; contracts: 1
;; expect: refused feature simd

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (local v128)))
