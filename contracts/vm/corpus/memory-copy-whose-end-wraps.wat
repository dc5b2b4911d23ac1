;; name: copy whose end wraps
;; contracts: 1
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 25141

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (memory.copy (i32.const -8) (i32.const 0) (i32.const 16))))
