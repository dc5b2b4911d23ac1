;; name: shared memory
;; contracts: 1
;; expect: refused feature threads

(module
  (memory (export "memory") 1 1 shared)
  (func (export "run")))
