;; name: elements of the table, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 35145

(module
  (memory (export "memory") 1)
  (table 2500 funcref)
  (func $run (export "run")
    (table.copy (i32.const 0) (i32.const 1) (i32.const 2499))))
