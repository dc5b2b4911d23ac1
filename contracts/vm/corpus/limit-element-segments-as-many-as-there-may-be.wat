;; name: element segments, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 31142

(module
  (memory (export "memory") 1)
  (table 1 funcref) (@repeat 1000 (elem func $run))
  (func $run (export "run")
    (elem.drop 0)))
