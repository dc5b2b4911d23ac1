;; name: wide addition
;; contracts: 1
;; expect: refused feature wide_arithmetic

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))) (drop)))
