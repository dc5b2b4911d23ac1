;; name: operands, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 30124

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 1024 (i32.const #)) (@repeat 1024 drop)))
