;; name: WASI of components
;; contracts: 1
;; expect: refused import wasi:clocks/monotonic-clock@0.2.0.now

(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func (result i64)))
  (memory (export "memory") 1)
  (func (export "run")))
