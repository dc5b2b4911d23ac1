;; name: one key written without end
;; contracts: 1
;; limit: 1000000000
;; expect: trapped TOO_MUCH_OUTPUT
;; gas: 201635214

(module
  (import "countersign" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (call $storage_write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 0)) (br 0))))
