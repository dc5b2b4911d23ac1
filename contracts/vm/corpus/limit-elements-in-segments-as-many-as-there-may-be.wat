;; name: elements in segments, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 85153

(module
  (memory (export "memory") 1)
  (table 1 funcref) (elem $e func (@repeat 20000 $run))
  (func $run (export "run")
    (elem.drop $e)))
