;; name: remainder that does not overflow
;; contracts: 1
;; expect: succeeded 00000000
;; gas: 25204

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (i32.store (i32.const 0) (i32.rem_s (i32.const 0x80000000) (i32.const -1)))
    (call $output (i32.const 0) (i32.const 4))))
