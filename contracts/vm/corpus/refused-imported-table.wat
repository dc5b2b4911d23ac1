;; name: imported table
;; contracts: 1
;; expect: refused import env.__indirect_function_table

(module
  (import "env" "__indirect_function_table" (table 1 funcref))
  (memory (export "memory") 1)
  (func (export "run")))
