;; name: unknown field
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 25160

(module
  (import "countersign" "context" (func $context (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (call $context (i32.const 99) (i32.const 0) (i32.const 0)))))
