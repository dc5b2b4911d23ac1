;; name: start function
;; contracts: 1
;; expect: refused start function 0

(module
  (func $s) (start $s)
  (memory (export "memory") 1)
  (func (export "run")))
