;; name: results of a block, one too many
;; contracts: 1
;; expect: refused limit BlockResults: 17 > 16

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (block (result (@repeat 17 i32)) (@repeat 17 (i32.const #))) (@repeat 17 drop)))
