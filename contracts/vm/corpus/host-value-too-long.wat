;; name: value too long
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 195146

(module
  (import "countersign" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
  (memory (export "memory") 17)
  (func $run (export "run")
    (call $storage_write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1048577))))
