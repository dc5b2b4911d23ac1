;; name: event data too long
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 37145

(module
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 2) (data (i32.const 0) "e")
  (func $run (export "run")
    (call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 65537) (i32.const 0) (i32.const 0))))
