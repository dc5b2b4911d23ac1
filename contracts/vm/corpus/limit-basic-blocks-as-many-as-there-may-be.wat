;; name: basic blocks, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 115061

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 9999 (if (i32.const 0) (then)))))
