;; name: copy out of bounds
;; contracts: 1
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 25267

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (memory.copy (i32.const 0) (i32.const 65000) (i32.const 1000))))
