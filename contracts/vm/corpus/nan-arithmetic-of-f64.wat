;; name: arithmetic of f64
;; contracts: 1
;; expect: succeeded 000000000000f87f000000000000f87f000000000000f87f000000000000f87f000000000000f87f000000000000f87f
;; gas: 25473
;; Each answer is the positive NaN without a payload.

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (f64.store (i32.const 0) (f64.add (f64.const -nan:0x4000000000001) (f64.const 1)))
    (f64.store (i32.const 8) (f64.sub (f64.const -nan:0x4000000000001) (f64.const 1)))
    (f64.store (i32.const 16) (f64.mul (f64.const -nan:0x4000000000001) (f64.const 1)))
    (f64.store (i32.const 24) (f64.div (f64.const -nan:0x4000000000001) (f64.const 1)))
    (f64.store (i32.const 32) (f64.min (f64.const -nan:0x4000000000001) (f64.const 1)))
    (f64.store (i32.const 40) (f64.max (f64.const -nan:0x4000000000001) (f64.const 1)))
    (call $output (i32.const 0) (i32.const 48))))
