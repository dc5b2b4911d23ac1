;; name: conversion of a float too large
;; contracts: 1
;; expect: trapped INTEGER_OVERFLOW
;; gas: 25084

(module
  (memory (export "memory") 1)
  (func $run (export "run")
    (drop (i32.trunc_f64_s (f64.const 1e10)))))
