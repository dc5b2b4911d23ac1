;; name: WASI random_get
;; contracts: 1
;; expect: refused import wasi_snapshot_preview1.random_get

(module
  (import "wasi_snapshot_preview1" "random_get" (func))
  (memory (export "memory") 1)
  (func (export "run")))
