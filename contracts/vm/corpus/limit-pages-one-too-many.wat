;; name: pages, one too many
;; contracts: 1
;; expect: refused limit MemoryPages: 513 > 512

(module
  (memory (export "memory") 513)
  (func $run (export "run")
    (i32.store (i32.const 33554428) (i32.const 1))))
