;; name: atomic fence
;; contracts: 1
;; expect: refused feature threads

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (atomic.fence)))
