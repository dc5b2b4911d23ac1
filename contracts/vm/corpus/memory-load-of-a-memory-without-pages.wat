;; name: load of a memory without pages
;; contracts: 1
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 15113

(module
  (memory (export "memory") 0)
  (func $run (export "run")
    (drop (i32.load8_u (i32.const 0)))))
