;; name: data segments, as many as there may be
;; contracts: 1
;; expect: succeeded
;; gas: 56389

(module
  (memory (export "memory") 1)
  (@repeat 10000 (data "d"))
  (func $run (export "run")
    (data.drop 0)))
