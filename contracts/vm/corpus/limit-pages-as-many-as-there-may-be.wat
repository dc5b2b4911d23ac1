;; name: pages, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 5135081

(module
  (memory (export "memory") 512)
  (func $run (export "run")
    (i32.store (i32.const 33554428) (i32.const 1))))
