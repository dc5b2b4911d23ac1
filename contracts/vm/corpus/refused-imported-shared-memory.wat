;; name: imported shared memory
;; contracts: 1
;; expect: refused feature threads

(module
  (import "env" "memory" (memory 1 1 shared))
  (func (export "run")))
