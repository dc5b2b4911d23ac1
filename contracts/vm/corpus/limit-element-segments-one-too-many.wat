;; name: element segments, one too many
;; contracts: 1
;; expect: refused limit ElementSegments: 1001 > 1000

(module
  (memory (export "memory") 1)
  (table 1 funcref) (@repeat 1001 (elem func $run))
  (func $run (export "run")
    (elem.drop 0)))
