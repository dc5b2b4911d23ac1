;; name: results of a block, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 25152

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (block (result (@repeat 16 i32)) (@repeat 16 (i32.const #))) (@repeat 16 drop)))
