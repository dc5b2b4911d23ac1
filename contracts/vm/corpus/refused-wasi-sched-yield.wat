;; name: WASI sched_yield
;; contracts: 1
;; expect: refused import wasi_snapshot_preview1.sched_yield

(module
  (import "wasi_snapshot_preview1" "sched_yield" (func))
  (memory (export "memory") 1)
  (func (export "run")))
