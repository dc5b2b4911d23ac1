;; name: imports, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 27459

(module
  (@repeat 100 (import "countersign" "input_len" (func (result i32))))
  (memory (export "memory") 1)
  (func (export "run")))
