;; name: WASI args_get
;; contracts: 1
;; expect: refused import wasi_snapshot_preview1.args_get

(module
  (import "wasi_snapshot_preview1" "args_get" (func))
  (memory (export "memory") 1)
  (func (export "run")))
