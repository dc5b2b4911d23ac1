;; name: storage flood
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (import "countersign" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (call $storage_write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 65536)) (br 0))))
