;; name: load out of bounds
;; contracts: 1
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 25115

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i32.load (i32.const 65533)))))
