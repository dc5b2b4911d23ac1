;; name: locals, one too many
;; contracts: 1
;; expect: refused limit Locals of 0: 4097 > 4096

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (local (@repeat 4097 i64))))
