;; name: locals, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 29165

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (local (@repeat 4096 i64))))
