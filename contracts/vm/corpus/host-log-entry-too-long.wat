;; name: log entry too long
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 45141

(module
  (import "countersign" "log_append" (func $log_append (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 2)
  (func $run (export "run")
    (drop (call $log_append (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 65537)))))
