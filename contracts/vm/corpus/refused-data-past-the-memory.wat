;; name: data past the memory
;; contracts: 1
;; expect: refused data segment 0 ends at 65537 of 65536

(module
  (data (i32.const 65535) "ab")
  (memory (export "memory") 1)
  (func (export "run")))
