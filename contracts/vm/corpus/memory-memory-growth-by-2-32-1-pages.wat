;; name: memory growth by 2^32 - 1 pages
;; contracts: 1
;; expect: succeeded
;; gas: 26083

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable))))
