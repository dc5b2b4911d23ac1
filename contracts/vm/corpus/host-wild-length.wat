;; name: wild length
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 26125

(module
  (import "countersign" "sha256" (func $sha256 (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (call $sha256 (i32.const 0) (i32.const -1) (i32.const 0))))
