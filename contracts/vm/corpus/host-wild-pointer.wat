;; name: wild pointer
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 25171

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run")
    (call $output (i32.const -5) (i32.const 10))))
