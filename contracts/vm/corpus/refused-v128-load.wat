;; name: v128 load
;; contracts: 1
;; expect: refused feature simd

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (v128.load (i32.const 0)))))
