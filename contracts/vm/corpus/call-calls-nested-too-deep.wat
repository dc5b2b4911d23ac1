;; name: calls nested too deep
;; contracts: 9
;; expect: succeeded 0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000020000000d000000
;; gas: 215707

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
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "returned_len" (func $returned_len (result i32)))
  (import "countersign" "returned_read" (func $returned_read (param i32)))
  (import "countersign" "returned_code" (func $returned_code (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "(@bytes 32 \03)run")
  (func $relay
  (i32.store (i32.const 200) (call $call (i32.const 100) (i32.const 132) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))
  (i32.store (i32.const 204) (call $returned_code))
  (call $returned_read (i32.const 208))
  (call $output (i32.const 200) (i32.add (i32.const 8) (call $returned_len))))
  (func $run (export "run")
    (call $relay)))

;; contract 3
(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "returned_len" (func $returned_len (result i32)))
  (import "countersign" "returned_read" (func $returned_read (param i32)))
  (import "countersign" "returned_code" (func $returned_code (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "(@bytes 32 \04)run")
  (func $relay
  (i32.store (i32.const 200) (call $call (i32.const 100) (i32.const 132) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))
  (i32.store (i32.const 204) (call $returned_code))
  (call $returned_read (i32.const 208))
  (call $output (i32.const 200) (i32.add (i32.const 8) (call $returned_len))))
  (func $run (export "run")
    (call $relay)))

;; contract 4
(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "returned_len" (func $returned_len (result i32)))
  (import "countersign" "returned_read" (func $returned_read (param i32)))
  (import "countersign" "returned_code" (func $returned_code (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "(@bytes 32 \05)run")
  (func $relay
  (i32.store (i32.const 200) (call $call (i32.const 100) (i32.const 132) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))
  (i32.store (i32.const 204) (call $returned_code))
  (call $returned_read (i32.const 208))
  (call $output (i32.const 200) (i32.add (i32.const 8) (call $returned_len))))
  (func $run (export "run")
    (call $relay)))

;; contract 5
(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "returned_len" (func $returned_len (result i32)))
  (import "countersign" "returned_read" (func $returned_read (param i32)))
  (import "countersign" "returned_code" (func $returned_code (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "(@bytes 32 \06)run")
  (func $relay
  (i32.store (i32.const 200) (call $call (i32.const 100) (i32.const 132) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))
  (i32.store (i32.const 204) (call $returned_code))
  (call $returned_read (i32.const 208))
  (call $output (i32.const 200) (i32.add (i32.const 8) (call $returned_len))))
  (func $run (export "run")
    (call $relay)))

;; contract 6
(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "returned_len" (func $returned_len (result i32)))
  (import "countersign" "returned_read" (func $returned_read (param i32)))
  (import "countersign" "returned_code" (func $returned_code (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "(@bytes 32 \07)run")
  (func $relay
  (i32.store (i32.const 200) (call $call (i32.const 100) (i32.const 132) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))
  (i32.store (i32.const 204) (call $returned_code))
  (call $returned_read (i32.const 208))
  (call $output (i32.const 200) (i32.add (i32.const 8) (call $returned_len))))
  (func $run (export "run")
    (call $relay)))

;; contract 7
(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "returned_len" (func $returned_len (result i32)))
  (import "countersign" "returned_read" (func $returned_read (param i32)))
  (import "countersign" "returned_code" (func $returned_code (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "(@bytes 32 \08)run")
  (func $relay
  (i32.store (i32.const 200) (call $call (i32.const 100) (i32.const 132) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))
  (i32.store (i32.const 204) (call $returned_code))
  (call $returned_read (i32.const 208))
  (call $output (i32.const 200) (i32.add (i32.const 8) (call $returned_len))))
  (func $run (export "run")
    (call $relay)))

;; contract 8
(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "returned_len" (func $returned_len (result i32)))
  (import "countersign" "returned_read" (func $returned_read (param i32)))
  (import "countersign" "returned_code" (func $returned_code (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "(@bytes 32 \09)run")
  (func $relay
  (i32.store (i32.const 200) (call $call (i32.const 100) (i32.const 132) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))
  (i32.store (i32.const 204) (call $returned_code))
  (call $returned_read (i32.const 208))
  (call $output (i32.const 200) (i32.add (i32.const 8) (call $returned_len))))
  (func $run (export "run")
    (call $relay)))

;; contract 9
(module
  (memory (export "memory") 1)
  (func $run (export "run")))
