;; name: initialisation from a dropped segment
;; contracts: 1
;; expect: trapped MEMORY_OUT_OF_BOUNDS
;; gas: 25222

(module
  (memory (export "memory") 1)
  (data $d "data")
  (func $run (export "run")
    (data.drop $d)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 4))))
