;; name: message too long
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 25172

(module
  (import "countersign" "fail" (func $fail (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (call $fail (i32.const 1) (i32.const 0) (i32.const 4097))))
