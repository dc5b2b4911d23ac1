;; name: event in a view
;; contracts: 1
;; kind: view
;; expect: trapped WRITE_IN_VIEW
;; gas: 27178

(module
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "kept")
  (func $run (export "run")
    (call $emit (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
