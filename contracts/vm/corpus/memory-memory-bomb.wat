;; name: memory bomb
;; contracts: 1
;; expect: succeeded
;; gas: 5660151

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))))
