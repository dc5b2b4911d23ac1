;; name: basic blocks, one too many
;; contracts: 1
;; expect: refused limit Blocks of 0: 10001 > 10000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 5000 (if (i32.const 0) (then)))))
