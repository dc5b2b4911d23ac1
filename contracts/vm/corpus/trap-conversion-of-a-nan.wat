;; name: conversion of a NaN
;; contracts: 1
;; expect: trapped BAD_CONVERSION
;; gas: 25084

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i32.trunc_f64_s (f64.const nan)))))
