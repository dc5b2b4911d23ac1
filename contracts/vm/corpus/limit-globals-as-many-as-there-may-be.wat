;; name: globals, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 31015

(module
  (memory (export "memory") 1)
  (@repeat 1000 (global (mut i64) (i64.const #)))
  (func $run (export "run")
    (global.set 999 (i64.const 1))))
