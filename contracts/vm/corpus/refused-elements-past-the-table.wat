;; name: elements past the table
;; contracts: 1
;; expect: refused element segment 0 ends at 2 of 1

(module
  (func $f) (table 1 funcref) (elem (i32.const 1) $f)
  (memory (export "memory") 1)
  (func (export "run")))
