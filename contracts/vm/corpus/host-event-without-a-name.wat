;; name: event without a name
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 27133

(module
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (call $emit (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
