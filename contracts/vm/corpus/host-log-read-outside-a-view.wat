;; name: log read outside a view
;; contracts: 1
;; expect: trapped LOG_READ_IN_CALL
;; gas: 35143

(module
  (import "countersign" "log_read" (func $log_read (param i32 i32 i64 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (call $log_read (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0)))))
