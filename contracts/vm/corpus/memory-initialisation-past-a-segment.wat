;; name: initialisation past a segment
;; contracts: 1
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 25159

(module
  (memory (export "memory") 1)
  (data $d "data")
  (func $run (export "run")
    (memory.init $d (i32.const 0) (i32.const 1) (i32.const 4))))
