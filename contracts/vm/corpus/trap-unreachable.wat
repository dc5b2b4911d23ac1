;; name: unreachable
;; contracts: 1
;; expect: trapped UNREACHABLE
;; gas: 25068

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    unreachable))
