;; name: nine attributes
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 27478

(module
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "(@bytes 9 \01n\00\00)")
  (func $run (export "run")
    (call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 36))))
