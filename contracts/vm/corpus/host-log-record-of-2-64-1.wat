;; name: log record of 2^64 - 1
;; contracts: 1
;; kind: view
;; expect: succeeded ffffffffffffffff
;; gas: 35285

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "log_read" (func $log_read (param i32 i32 i64 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "kept")
  (func $run (export "run")
    (i64.store (i32.const 8) (call $log_read (i32.const 0) (i32.const 4) (i64.const -1) (i32.const 0) (i32.const 0)))
    (call $output (i32.const 8) (i32.const 8))))
