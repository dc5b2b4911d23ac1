;; name: two memories
;; contracts: 1
;; expect: refused limit Memories: 2 > 1

(module
  (memory 1)
  (memory (export "memory") 1)
  (func (export "run")))
