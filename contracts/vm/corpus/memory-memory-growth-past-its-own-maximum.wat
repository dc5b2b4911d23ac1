;; name: memory growth past its own maximum
;; contracts: 1
;; expect: succeeded
;; gas: 46084

(module
  (memory (export "memory") 1 2)
  (func $run (export "run")
    (if (i32.ne (memory.grow (i32.const 2)) (i32.const -1)) (then unreachable))))
