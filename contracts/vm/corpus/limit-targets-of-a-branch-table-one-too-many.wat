;; name: targets of a branch table, one too many
;; contracts: 1
;; expect: refused limit BrTable of 0: 257 > 256

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (block (br_table (@repeat 258 0) (i32.const 7)))))
