;; name: hash flood
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (import "countersign" "sha256" (func $sha256 (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (call $sha256 (i32.const 0) (i32.const 65536) (i32.const 0)) (br 0))))
