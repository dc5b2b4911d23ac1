;; name: WASI thread
;; contracts: 1
;; expect: refused import wasi.thread-spawn

(module
  (import "wasi" "thread-spawn" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run")))
