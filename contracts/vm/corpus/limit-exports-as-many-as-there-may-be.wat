;; name: exports, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 36825

(module
  (memory (export "memory") 1)
  (@repeat 998 (func (export "f#")))
  (func $run (export "run")
    (call 0)))
