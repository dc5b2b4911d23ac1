;; name: WASI clock_time_get
;; contracts: 1
;; expect: refused import wasi_snapshot_preview1.clock_time_get

(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func))
  (memory (export "memory") 1)
  (func (export "run")))
