;; name: flood of scheduled calls
;; contracts: 1
;; expect: trapped SCHEDULE_LIMIT
;; gas: 17365877

;; contract 1
(module
  (import "countersign" "schedule" (func $schedule (param i32 i32 i32 i32 i64 i64) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "run")
  (func $run (export "run")
    (loop $again
      (drop (call $schedule (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const 1700000000001) (i64.const 1000000)))
      (br $again))))
