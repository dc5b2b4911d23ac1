;; name: copy between memories
;; contracts: 1
;; expect: refused invalid

(module
  (memory (export "memory") 1)
  (func (export "run") (memory.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 1))))
