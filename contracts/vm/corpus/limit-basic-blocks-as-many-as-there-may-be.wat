;; name: basic blocks, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 70061

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 4999 (if (i32.const 0) (then)))))
