;; name: table growth
;; contracts: 1
;; expect: refused opcode RefNull

(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func $run (export "run")
    (drop (table.grow (ref.null func) (i32.const 1)))))
