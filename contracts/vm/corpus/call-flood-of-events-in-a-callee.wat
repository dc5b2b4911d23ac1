;; name: flood of events in a callee
;; contracts: 2
;; limit: 1000000000
;; expect: succeeded 0200000011000000
;; gas: 8396414

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
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "eventful")
  (func $run (export "run")
    (local $i i32)
    (loop
    (i32.store (i32.const 0) (local.get $i))
    (call $emit (i32.const 8) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4097))))))
