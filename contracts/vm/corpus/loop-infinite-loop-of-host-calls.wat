;; name: infinite loop of host calls
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (import "countersign" "input_len" (func $input_len (result i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (drop (call $input_len)) (br 0))))
