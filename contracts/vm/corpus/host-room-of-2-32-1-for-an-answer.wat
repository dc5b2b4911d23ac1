;; name: room of 2^32 - 1 for an answer
;; contracts: 1
;; expect: succeeded 20000000
;; gas: 25355

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "context" (func $context (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (i32.store (i32.const 0) (call $context (i32.const 0) (i32.const 100) (i32.const -1)))
    (call $output (i32.const 0) (i32.const 4))))
