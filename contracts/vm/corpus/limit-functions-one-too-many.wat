;; name: functions, one too many
;; contracts: 1
;; expect: refused limit Functions: 20001 > 20000

(module
  (memory (export "memory") 1)
  (@repeat 20000 (func))
  (func $run (export "run")
    (call 1)))
