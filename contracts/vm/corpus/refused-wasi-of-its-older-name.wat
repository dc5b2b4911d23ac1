;; name: WASI of its older name
;; contracts: 1
;; expect: refused import wasi_unstable.fd_read

(module
  (import "wasi_unstable" "fd_read" (func))
  (memory (export "memory") 1)
  (func (export "run")))
