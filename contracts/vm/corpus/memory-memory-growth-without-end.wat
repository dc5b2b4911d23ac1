;; name: memory growth without end
;; contracts: 1
;; expect: trapped OUT_OF_GAS
;; gas: 50000000

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (drop (memory.grow (i32.const 1))) (br 0))))
