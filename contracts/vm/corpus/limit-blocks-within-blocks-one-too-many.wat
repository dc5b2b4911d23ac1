;; name: blocks within blocks, one too many
;; contracts: 1
;; expect: refused limit Nesting of 0: 1025 > 1024

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 1024 block) (@repeat 1024 end)))
