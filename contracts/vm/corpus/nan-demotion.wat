;; name: demotion
;; contracts: 1
;; expect: succeeded 0000c07f
;; gas: 25200
;; Each answer is the positive NaN without a payload.

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (f32.store (i32.const 0) (f32.demote_f64 (f64.const -nan:0x4000000000001)))
    (call $output (i32.const 0) (i32.const 4))))
