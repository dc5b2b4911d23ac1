;; name: functions of f32
;; contracts: 1
;; expect: succeeded 0000c07f0000c07f0000c07f0000c07f0000c07f
;; gas: 25366
;; Each answer is the positive NaN without a payload.

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (f32.store (i32.const 0) (f32.sqrt (f32.const -nan:0x200001)))
    (f32.store (i32.const 4) (f32.ceil (f32.const -nan:0x200001)))
    (f32.store (i32.const 8) (f32.floor (f32.const -nan:0x200001)))
    (f32.store (i32.const 12) (f32.trunc (f32.const -nan:0x200001)))
    (f32.store (i32.const 16) (f32.nearest (f32.const -nan:0x200001)))
    (call $output (i32.const 0) (i32.const 20))))
