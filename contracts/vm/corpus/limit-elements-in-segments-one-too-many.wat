;; name: elements in segments, one too many
;; contracts: 1
;; expect: refused limit Elements: 20001 > 20000

(module
  (memory (export "memory") 1)
  (table 1 funcref) (elem $e func (@repeat 20001 $run))
  (func $run (export "run")
    (elem.drop $e)))
