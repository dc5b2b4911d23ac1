;; name: WASI fd_write
;; contracts: 1
;; expect: refused import wasi_snapshot_preview1.fd_write

(module
  (import "wasi_snapshot_preview1" "fd_write" (func))
  (memory (export "memory") 1)
  (func (export "run")))
