;; name: write in a view
;; contracts: 1
;; kind: view
;; expect: trapped WRITE_IN_VIEW
;; gas: 35220

(module
  (import "countersign" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "kept")
  (func $run (export "run")
    (call $storage_write (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4))))
