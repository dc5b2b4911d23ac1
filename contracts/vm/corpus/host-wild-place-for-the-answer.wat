;; name: wild place for the answer
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 25243

(module
  (import "countersign" "context" (func $context (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (call $context (i32.const 0) (i32.const 65530) (i32.const 32)))))
