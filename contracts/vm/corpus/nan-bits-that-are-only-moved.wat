;; name: bits that are only moved
;; contracts: 1
;; expect: succeeded 010000000000f4ff010000000000f47f010000000000f47f010000000000f47f010000000000f4ff
;; gas: 25346
;; Sign and payload are those that were written.

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (local f64)
    (local.set 0 (f64.const -nan:0x4000000000001))
    (f64.store (i32.const 0) (local.get 0))
    (f64.store (i32.const 8) (f64.neg (local.get 0)))
    (f64.store (i32.const 16) (f64.abs (local.get 0)))
    (f64.store (i32.const 24) (f64.copysign (local.get 0) (f64.const 1)))
    (i64.store (i32.const 32) (i64.reinterpret_f64 (f64.load (i32.const 0))))
    (call $output (i32.const 0) (i32.const 40))))
