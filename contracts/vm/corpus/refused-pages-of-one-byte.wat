;; name: pages of one byte
;; contracts: 1
;; expect: refused feature custom_page_sizes

(module
  (memory (export "memory") 1 (pagesize 1))
  (func (export "run")))
