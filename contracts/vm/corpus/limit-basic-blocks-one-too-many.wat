;; name: basic blocks, one too many
;; contracts: 1
;; expect: refused limit Blocks of 0: 20001 > 20000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 10000 (if (i32.const 0) (then)))))
