;; name: exports, one too many
;; contracts: 1
;; expect: refused limit Exports: 1001 > 1000

(module
  (memory (export "memory") 1)
  (@repeat 999 (func (export "f#")))
  (func $run (export "run")
    (call 0)))
