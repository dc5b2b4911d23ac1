;; name: long division overflow
;; contracts: 1
;; expect: trapped INTEGER_OVERFLOW
;; gas: 25103

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))))
