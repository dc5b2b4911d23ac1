;; name: a branch on the sign of a NaN
;; contracts: 1
;; expect: succeeded
;; gas: 25107

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (if (i64.lt_s (i64.reinterpret_f64 (f64.mul (f64.const -nan) (f64.const -1))) (i64.const 0)) (then unreachable))))
