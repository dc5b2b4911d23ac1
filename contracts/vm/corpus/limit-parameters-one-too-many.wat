;; name: parameters, one too many
;; contracts: 1
;; expect: refused limit Parameters: 101 > 100

(module
  (memory (export "memory") 1)
  (func $f (param (@repeat 101 i32)))
  (func $run (export "run")
    (call $f (@repeat 101 (i32.const #)))))
