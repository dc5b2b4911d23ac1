;; name: removal in a view
;; contracts: 1
;; kind: view
;; expect: trapped WRITE_IN_VIEW
;; gas: 43184

(module
  (import "countersign" "storage_remove" (func $storage_remove (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "kept")
  (func $run (export "run")
    (drop (call $storage_remove (i32.const 0) (i32.const 4)))))
