;; name: functions of f64
;; contracts: 1
;; expect: succeeded 000000000000f87f000000000000f87f000000000000f87f000000000000f87f000000000000f87f
;; gas: 25406
;; Each answer is the positive NaN without a payload.

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (f64.store (i32.const 0) (f64.sqrt (f64.const -nan:0x4000000000001)))
    (f64.store (i32.const 8) (f64.ceil (f64.const -nan:0x4000000000001)))
    (f64.store (i32.const 16) (f64.floor (f64.const -nan:0x4000000000001)))
    (f64.store (i32.const 24) (f64.trunc (f64.const -nan:0x4000000000001)))
    (f64.store (i32.const 32) (f64.nearest (f64.const -nan:0x4000000000001)))
    (call $output (i32.const 0) (i32.const 40))))
