;; name: data segments, one too many
;; contracts: 1
;; expect: refused limit DataSegments: 10001 > 10000

(module
  (memory (export "memory") 1)
  (@repeat 10001 (data "d"))
  (func $run (export "run")
    (data.drop 0)))
