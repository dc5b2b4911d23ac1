;; name: atomic load
;; contracts: 1
;; expect: refused feature threads

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i32.atomic.load (i32.const 0)))))
