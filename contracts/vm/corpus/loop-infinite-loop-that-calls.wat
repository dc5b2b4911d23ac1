;; name: infinite loop that calls
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (func $f)
  (func $run (export "run")
    (loop (call $f) (br 0))))
