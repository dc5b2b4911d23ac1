;; name: types, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 31065

(module
  (memory (export "memory") 1)
  (@repeat 2000 (type (func)))
  (func $run (export "run")))
