;; name: parameters, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 25627

(module
  (memory (export "memory") 1)
  (func $f (param (@repeat 100 i32)))
  (func $run (export "run")
    (call $f (@repeat 100 (i32.const #)))))
