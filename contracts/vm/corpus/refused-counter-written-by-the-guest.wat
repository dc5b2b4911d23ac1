;; name: counter written by the guest
;; contracts: 1
;; expect: refused invalid

(module
  (memory (export "memory") 1)
  (func (export "run") (global.set 0 (i64.const 1))))
