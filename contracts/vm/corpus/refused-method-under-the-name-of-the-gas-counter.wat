;; name: method under the name of the gas counter
;; contracts: 1
;; expect: refused method name countersign:gas

(module
  (func (export "countersign:gas"))
  (memory (export "memory") 1)
  (func (export "run")))
