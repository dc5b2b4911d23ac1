;; name: attributes flood
;; contracts: 1
;; limit: 1000000000
;; expect: trapped TOO_MUCH_OUTPUT
;; gas: 19066793

(module
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "(@bytes 8 \01n\00\01(@bytes 256 v))")
  (func $run (export "run")
    (loop (call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2080)) (br 0))))
