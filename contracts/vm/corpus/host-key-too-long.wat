;; name: key too long
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 33144

(module
  (import "countersign" "storage_read" (func $storage_read (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (call $storage_read (i32.const 0) (i32.const 513) (i32.const 0) (i32.const 0)))))
