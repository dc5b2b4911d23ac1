;; name: bytes of a function, as many as there may be
;; contracts: 1
;; expect: trapped STACK_OVERFLOW
;; gas: 156140
;; A frame takes a slot for every four instructions, and these are 131,070: it may be deployed, and never runs.

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (@repeat 131070 nop)))
