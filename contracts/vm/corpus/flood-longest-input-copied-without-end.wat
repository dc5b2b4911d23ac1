;; name: longest input copied without end
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (import "countersign" "input_read" (func $input_read (param i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (call $input_read (i32.const 0)) (br 0))))
