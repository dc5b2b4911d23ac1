;; name: division by zero
;; contracts: 1
;; expect: trapped DIVISION_BY_ZERO
;; gas: 25084

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i32.div_u (i32.const 1) (i32.const 0)))))
