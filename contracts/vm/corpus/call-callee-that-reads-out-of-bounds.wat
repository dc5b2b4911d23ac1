;; name: callee that reads out of bounds
;; contracts: 2
;; expect: succeeded 0200000004000000
;; gas: 50770

;; contract 1
(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "returned_len" (func $returned_len (result i32)))
  (import "countersign" "returned_read" (func $returned_read (param i32)))
  (import "countersign" "returned_code" (func $returned_code (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "(@bytes 32 \02)run")
  (func $relay
  (i32.store (i32.const 200) (call $call (i32.const 100) (i32.const 132) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))
  (i32.store (i32.const 204) (call $returned_code))
  (call $returned_read (i32.const 208))
  (call $output (i32.const 200) (i32.add (i32.const 8) (call $returned_len))))
  (func $run (export "run")
    (call $relay)))

;; contract 2
(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i32.load (i32.const -1)))))
