;; name: call by reference
;; contracts: 1
;; expect: refused feature function_references

(module
  (memory (export "memory") 1)
  (type $t (func))
  (func $run (export "run")
    (call_ref $t (ref.null $t))))
