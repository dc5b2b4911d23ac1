;; name: computed constant
;; contracts: 1
;; expect: refused feature extended_const

(module
  (global i32 (i32.add (i32.const 1) (i32.const 1)))
  (memory (export "memory") 1)
  (func (export "run")))
