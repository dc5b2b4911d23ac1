;; name: two results
;; contracts: 1
;; expect: refused limit Results of 0: 2 > 1

(module
  (func (result i32 i32) (i32.const 0) (i32.const 0))
  (memory (export "memory") 1)
  (func (export "run")))
