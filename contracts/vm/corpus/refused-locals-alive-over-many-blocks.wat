;; name: locals alive over many blocks
;; contracts: 1
;; expect: refused limit BlockLocals of 16777216

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (local (@repeat 4000 i64)) (@repeat 4500 (if (i32.const 0) (then)))))
