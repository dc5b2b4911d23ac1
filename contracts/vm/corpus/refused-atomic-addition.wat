;; name: atomic addition
;; contracts: 1
;; expect: refused feature threads

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i64.atomic.rmw.add (i32.const 0) (i64.const 1)))))
