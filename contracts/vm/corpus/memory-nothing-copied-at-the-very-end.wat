;; name: nothing copied at the very end
;; contracts: 1
;; expect: succeeded
;; gas: 25143

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (memory.copy (i32.const 65536) (i32.const 65536) (i32.const 0))))
