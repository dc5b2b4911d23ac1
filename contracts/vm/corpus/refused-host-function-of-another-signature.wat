;; name: host function of another signature
;; contracts: 1
;; expect: refused signature of output

(module
  (import "countersign" "output" (func (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "run")))
