;; name: blocks within blocks, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 28137

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 1023 block) (@repeat 1023 end)))
