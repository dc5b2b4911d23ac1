;; name: data near 2^32
;; contracts: 1
;; expect: refused data segment 0 ends at 4294967297 of 65536

(module
  (data (i32.const -1) "ab")
  (memory (export "memory") 1)
  (func (export "run")))
