;; name: fails with a code
;; contracts: 1
;; expect: failed 77 776879
;; gas: 25187

(module
  (import "countersign" "fail" (func $fail (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "why")
  (func $run (export "run")
    (call $fail (i32.const 77) (i32.const 0) (i32.const 3))))
