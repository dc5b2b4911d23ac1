;; name: remainder by zero
;; contracts: 1
;; expect: trapped DIVISION_BY_ZERO
;; gas: 25094

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i64.rem_s (i64.const 1) (i64.const 0)))))
