;; name: no memory
;; contracts: 1
;; expect: refused no memory

(module (func (export "run")))
