;; name: fails after it wrote
;; contracts: 1
;; expect: failed 4294967295
;; gas: 35373

(module
  (import "countersign" "fail" (func $fail (param i32 i32 i32)))
  (import "countersign" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (call $storage_write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8))
    (call $fail (i32.const -1) (i32.const 0) (i32.const 0))))
