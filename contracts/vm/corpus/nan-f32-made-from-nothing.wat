;; name: f32 made from nothing
;; contracts: 1
;; expect: succeeded 0000c07f0000c07f0000c07f0000c07f0000c07f
;; gas: 25348
;; Each answer is the positive NaN without a payload.

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (f32.store (i32.const 0) (f32.div (f32.const 0) (f32.const 0)))
    (f32.store (i32.const 4) (f32.sub (f32.const inf) (f32.const inf)))
    (f32.store (i32.const 8) (f32.mul (f32.const 0) (f32.const inf)))
    (f32.store (i32.const 12) (f32.sqrt (f32.const -1)))
    (f32.store (i32.const 16) (f32.add (f32.const -inf) (f32.const inf)))
    (call $output (i32.const 0) (i32.const 20))))
