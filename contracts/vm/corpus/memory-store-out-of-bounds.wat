;; name: store out of bounds
;; contracts: 1
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 25077

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (i64.store (i32.const -8) (i64.const 1))))
