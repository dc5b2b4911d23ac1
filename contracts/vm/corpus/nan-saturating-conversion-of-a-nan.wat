;; name: saturating conversion of a NaN
;; contracts: 1
;; expect: succeeded 0000000000000000
;; gas: 25205

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (i64.store (i32.const 0) (i64.trunc_sat_f64_s (f64.const nan)))
    (call $output (i32.const 0) (i32.const 8))))
