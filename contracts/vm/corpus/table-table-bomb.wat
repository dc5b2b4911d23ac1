;; name: table bomb
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (table 2500 funcref)
  (func $run (export "run")
    (loop (table.copy (i32.const 0) (i32.const 0) (i32.const 2500)) (br 0))))
