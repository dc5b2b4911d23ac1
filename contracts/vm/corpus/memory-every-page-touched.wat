;; name: every page touched
;; contracts: 1
;; expect: succeeded
;; gas: 5144305

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (local $i i32)
    (drop (memory.grow (i32.const 511)))
    (loop
    (i32.store (i32.mul (local.get $i) (i32.const 65536)) (i32.const 1))
    (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 512))))))
