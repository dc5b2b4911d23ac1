;; name: load near 2^32
;; contracts: 1
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 25117

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i64.load offset=0xfffffff8 (i32.const -1)))))
