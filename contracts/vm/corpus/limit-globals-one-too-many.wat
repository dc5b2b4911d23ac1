;; name: globals, one too many
;; contracts: 1
;; expect: refused limit Globals: 1001 > 1000

(module
  (memory (export "memory") 1)
  (@repeat 1001 (global (mut i64) (i64.const #)))
  (func $run (export "run")
    (global.set 999 (i64.const 1))))
