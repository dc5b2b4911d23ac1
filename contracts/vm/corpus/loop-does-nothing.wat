;; name: does nothing
;; contracts: 1
;; expect: succeeded
;; gas: 25066

(module
  (memory (export "memory") 1)
  (func $run (export "run")))
