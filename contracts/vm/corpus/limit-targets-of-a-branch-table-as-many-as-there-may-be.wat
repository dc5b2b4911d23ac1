;; name: targets of a branch table, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 25340

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (block (br_table (@repeat 257 0) (i32.const 7)))))
