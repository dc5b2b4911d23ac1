;; name: conversion of an infinity
;; contracts: 1
;; expect: trapped INTEGER_OVERFLOW
;; gas: 25080

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i64.trunc_f32_u (f32.const inf)))))
