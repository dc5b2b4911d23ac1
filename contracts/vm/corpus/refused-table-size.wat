;; name: table size
;; contracts: 1
;; expect: refused opcode TableSize

(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func $run (export "run")
    (drop (table.size))))
