//! The metered form, held byte by byte: code compiled from it stays on disk from one release to the next.
#![allow(clippy::unwrap_used)]

use sha2::{Digest, Sha256};

use super::VERSION;
use crate::check::check;
use crate::cost::V3;

/// Every shape that the pass treats in a way of its own.
const MODULE: &str = r#"(module
  (import "countersign" "output" (func $output (param i32 i32)))
  (memory (export "memory") 1 8)
  (table 4 funcref)
  (elem (i32.const 0) $leaf $leaf)
  (elem $passive func $leaf)
  (data $text "text")
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $deep (param i64) (result i64) (local f64 i32)
    (block (br_if 0 (i64.eqz (local.get 0))) (return (call $deep (i64.sub (local.get 0) (i64.const 1)))))
    (i64.const 7))
  (func (export "run") (local i32)
    (loop $again
      (local.set 0 (call $leaf (local.get 0)))
      (br_if $again (i32.lt_u (local.get 0) (i32.const 9))))
    (if (local.get 0) (then (drop (call $deep (i64.const 3)))) (else (nop)))
    (block (block (br_table 0 1 (local.get 0))) (unreachable) (drop (i32.const 5)))
    (drop (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0)))
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 100))
    (memory.copy (i32.const 0) (i32.const 50) (i32.const 10))
    (memory.init $text (i32.const 0) (i32.const 0) (i32.const 4))
    (table.init $passive (i32.const 0) (i32.const 0) (i32.const 1))
    (table.copy (i32.const 0) (i32.const 1) (i32.const 1))
    (drop (memory.grow (i32.const 1)))
    (data.drop $text) (elem.drop $passive)
    (call $output (i32.const 0) (i32.const 4))))"#;

#[test]
fn the_metered_form_is_that_of_its_version() {
    let metered = check(&wat::parse_str(MODULE).unwrap(), &V3).unwrap();
    let digest: String = Sha256::digest(&metered.wasm).iter().map(|byte| format!("{byte:02x}")).collect();
    let golden = (1, 3, "ca32e176eecd2047039f391af39d9b449016e2c3c9d3270f6247735aaf17f1c2");
    assert_eq!((VERSION, V3.version, digest.as_str()), golden, "a change of the form is a new `meter::VERSION`");
}
