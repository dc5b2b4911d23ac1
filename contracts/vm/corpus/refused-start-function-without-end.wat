;; name: start function without end
;; contracts: 1
;; expect: refused start function 0

(module
  (func $s (loop (br 0))) (start $s)
  (memory (export "memory") 1)
  (func (export "run")))
