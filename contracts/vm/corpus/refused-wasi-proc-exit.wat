;; name: WASI proc_exit
;; contracts: 1
;; expect: refused import wasi_snapshot_preview1.proc_exit

(module
  (import "wasi_snapshot_preview1" "proc_exit" (func))
  (memory (export "memory") 1)
  (func (export "run")))
