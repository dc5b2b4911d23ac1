;; name: elements of the table, one too many
;; contracts: 1
;; expect: refused limit TableElements: 2501 > 2500

(module
  (memory (export "memory") 1)
  (table 2501 funcref)
  (func $run (export "run")
    (table.copy (i32.const 0) (i32.const 1) (i32.const 2499))))
