;; name: as many bytes of log entries as there may be
;; contracts: 1
;; limit: 1000000000
;; expect: succeeded
;; gas: 68417499

(module
  (import "countersign" "log_append" (func $log_append (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 8) "eventful")
  (func $run (export "run")
    (local $i i32)
    (loop
    (i32.store (i32.const 0) (local.get $i))
    (drop (call $log_append (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 65528)))
    (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 128))))))
