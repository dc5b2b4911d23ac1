;; name: division overflow
;; contracts: 1
;; expect: trapped INTEGER_OVERFLOW
;; gas: 25088

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))))
