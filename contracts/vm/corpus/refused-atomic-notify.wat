;; name: atomic notify
;; contracts: 1
;; expect: refused feature threads

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))))
