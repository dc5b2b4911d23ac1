;; name: tail call
;; contracts: 1
;; expect: refused feature tail_call

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (return_call 0)))
