;; name: promotion
;; contracts: 1
;; expect: succeeded 000000000000f87f
;; gas: 25200
;; Each answer is the positive NaN without a payload.

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (f64.store (i32.const 0) (f64.promote_f32 (f32.const -nan:0x200001)))
    (call $output (i32.const 0) (i32.const 8))))
