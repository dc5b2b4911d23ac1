;; name: stack switching
;; contracts: 1
;; expect: refused feature stack_switching

(module
  (type $f (func)) (type (cont $f))
  (memory (export "memory") 1)
  (func (export "run")))
