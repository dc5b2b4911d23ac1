;; name: schedule with a longer input
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 45164

;; contract 1
(module
  (import "countersign" "schedule" (func $schedule (param i32 i32 i32 i32 i64 i64) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "run")
  (func $run (export "run")
    (drop (call $schedule (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 16385) (i64.const 1700000000001) (i64.const 1000000)))))
