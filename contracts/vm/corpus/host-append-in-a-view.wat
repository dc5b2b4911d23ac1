;; name: append in a view
;; contracts: 1
;; kind: view
;; expect: trapped WRITE_IN_VIEW
;; gas: 35216

(module
  (import "countersign" "log_append" (func $log_append (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "kept")
  (func $run (export "run")
    (drop (call $log_append (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4)))))
