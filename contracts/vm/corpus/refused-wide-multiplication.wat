;; name: wide multiplication
;; contracts: 1
;; expect: refused feature wide_arithmetic

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (i64.mul_wide_u (i64.const 0) (i64.const 0)) drop drop))
