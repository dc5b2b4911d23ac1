;; name: schedule what only the chain runs
;; contracts: 1
;; expect: trapped METHOD_NOT_FOUND
;; gas: 45245

;; contract 1
(module
  (import "countersign" "schedule" (func $schedule (param i32 i32 i32 i32 i64 i64) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "run")
  (data (i32.const 8) "migrate")
  (func (export "migrate"))
  (func $run (export "run")
    (drop (call $schedule (i32.const 8) (i32.const 7) (i32.const 0) (i32.const 0) (i64.const 1700000000001) (i64.const 1000000)))))
