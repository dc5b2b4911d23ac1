;; name: imported global
;; contracts: 1
;; expect: refused import env.__stack_pointer

(module
  (import "env" "__stack_pointer" (global (mut i32)))
  (memory (export "memory") 1)
  (func (export "run")))
