;; name: atomic wait
;; contracts: 1
;; expect: refused feature threads

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
