;; name: event whose name is no text
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 27151

(module
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\ff")
  (func $run (export "run")
    (call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
