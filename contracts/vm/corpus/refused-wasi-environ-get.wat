;; name: WASI environ_get
;; contracts: 1
;; expect: refused import wasi_snapshot_preview1.environ_get

(module
  (import "wasi_snapshot_preview1" "environ_get" (func))
  (memory (export "memory") 1)
  (func (export "run")))
