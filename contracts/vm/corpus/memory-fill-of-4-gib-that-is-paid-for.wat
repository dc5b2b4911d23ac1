;; name: fill of 4 GiB that is paid for
;; contracts: 1
;; limit: 1000000000
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 536896050

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (memory.fill (i32.const 0) (i32.const 0) (i32.const -1))))
