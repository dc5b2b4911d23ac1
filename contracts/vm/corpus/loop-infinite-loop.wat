;; name: infinite loop
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (br 0))))
