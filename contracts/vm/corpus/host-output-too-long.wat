;; name: output too long
;; contracts: 1
;; expect: trapped BAD_HOST_ARGUMENT
;; gas: 35173

(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 2)
  (func $run (export "run")
    (call $output (i32.const 0) (i32.const 65537))))
