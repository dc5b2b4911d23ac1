;; name: imports, one too many
;; contracts: 1
;; expect: refused limit Imports: 101 > 100

(module
  (@repeat 101 (import "countersign" "input_len" (func (result i32))))
  (memory (export "memory") 1)
  (func (export "run")))
