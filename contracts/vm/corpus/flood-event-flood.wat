;; name: event flood
;; contracts: 1
;; expect: trapped TOO_MUCH_OUTPUT
;; gas: 25057991

(module
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "e")
  (func $run (export "run")
    (loop (call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 512) (i32.const 0) (i32.const 0)) (br 0))))
