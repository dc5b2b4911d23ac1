;; name: longest key
;; contracts: 1
;; expect: succeeded
;; gas: 39240

(module
  (import "countersign" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (call $storage_write (i32.const 0) (i32.const 512) (i32.const 0) (i32.const 0))))
