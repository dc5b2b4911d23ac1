;; name: more work for the compiler than there may be
;; contracts: 1
;; expect: refused limit Work of 1250000

(module
  (memory (export "memory") 1)
  (func $leaf)
  (@repeat 7 (func (@repeat 60000 (call $leaf))))
  (func $run (export "run")))
