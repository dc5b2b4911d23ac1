;; name: a component
;; contracts: 1
;; expect: refused component

(component)
