;; name: functions, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 105087

(module
  (memory (export "memory") 1)
  (@repeat 19999 (func))
  (func $run (export "run")
    (call 1)))
