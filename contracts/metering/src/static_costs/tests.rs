//! Costs of small methods, each added up by hand from the cost table: a block or function entered is 1, a
//! parameter or local 1, a call 10, one through the table 20, `if` and `br_if` 2.
#![allow(clippy::unwrap_used)]

use super::{MethodCost, static_costs};
use crate::cost::V3;
use crate::imports::IMPORTS;
use crate::{CodeLimit, CodeRejected, Share, check};

/// Functions to call, of which `$leaf` costs 5, `$other` 9 and `$dear` 27.
const BEFORE: &str = r#"(module
  (type $step (func (param i32) (result i32)))
  (import "countersign" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (table 3 funcref)
  (elem (i32.const 0) $leaf $other $alike)
  (func $leaf (type $step) (i32.add (local.get 0) (i32.const 1)))
  (func $other (type $step) (i32.mul (i32.mul (local.get 0) (local.get 0)) (local.get 0)))
  (func $dear (type $step) (i32.rem_u (i32.div_u (local.get 0) (local.get 0)) (i32.const 5)) (i32.clz))
  (func $alike (param i64) (result i64) (i64.div_u (local.get 0) (local.get 0)))"#;

fn costs(methods: &str) -> Vec<(String, u64, bool)> {
    let module = wat::parse_str(format!("{BEFORE}\n{methods})")).unwrap();
    let costs = static_costs(&module, &V3).unwrap();
    costs.into_iter().map(|(name, MethodCost { gas, repeats })| (name, gas, repeats)).collect()
}

fn cost(body: &str) -> (u64, bool) {
    let costs = costs(&format!("(func (export \"run\") {body})"));
    let (_, gas, repeats) = costs.first().unwrap();
    (*gas, *repeats)
}

const LEAF: &str = "(drop (call $leaf (i32.const 1)))";
const DEAR: &str = "(drop (call $dear (i32.const 1)))";

#[test]
fn of_several_ways_the_dearest() {
    let cases = [
        ("a call", LEAF.to_owned(), 1 + 1 + 10 + 5),
        ("if", format!("(if (i32.const 1) (then {LEAF}))"), 4 + (1 + 11 + 5) + 1),
        ("if with else", format!("(if (i32.const 1) (then (nop)) (else {LEAF}))"), 4 + (1 + 11 + 5) + 1),
        ("the dearer of two", format!("(if (i32.const 1) (then {LEAF}) (else {DEAR}))"), 4 + (1 + 11 + 27) + 1),
        ("what is left out", format!("(block (br_if 0 (i32.const 1)) {LEAF})"), (1 + 1 + 2) + (1 + 11 + 5) + 1),
        ("a way that returns", format!("(if (i32.const 1) (then {DEAR} (return))) {LEAF}"), 4 + (1 + 11 + 27 + 1)),
        ("a way that traps", format!("(if (i32.const 1) (then {DEAR} (unreachable))) {LEAF}"), 4 + (1 + 11 + 27 + 1)),
        ("what cannot run", format!("(return) {DEAR} (loop (br 0))"), 1 + 1),
        ("br_table", format!("(block (block (br_table 0 1 (i32.const 0))) {LEAF})"), 7 + (1 + 11 + 5) + 1),
        ("a loop that never begins again", "(loop (br 1))".to_owned(), 1 + 1 + 1),
    ];
    for (name, body, gas) in cases {
        assert_eq!(cost(&body), (gas, false), "{name}");
    }
}

#[test]
fn through_the_table_whatever_it_holds_of_the_type() {
    // `$dear` is of the type and not in the table, `$alike` is in the table and of another type.
    let body = "(drop (call_indirect (type $step) (i32.const 7) (i32.const 0)))";
    assert_eq!(cost(body), (1 + 1 + 1 + 20 + 9, false));
    let none = "(call_indirect (i32.const 0))";
    assert_eq!(cost(none), (1 + 1 + 20, false), "nothing is of that type: it traps");
}

#[test]
fn what_can_repeat_says_so() {
    assert_eq!(cost("(loop (br_if 0 (i32.const 1)))"), (1 + (1 + 1 + 2) + 1, true));
    let found = costs(
        r#"(func $even (export "even") (call $odd)) (func $odd (export "odd") (call $even))
           (func (export "self") (if (i32.const 0) (then (call 7))))
           (func (export "above") (call $even)) (func (export "beside"))"#,
    );
    // Functions 0 to 4 come before; `self` is the eighth.
    let expected = [("above", 1 + 10 + 11, true), ("beside", 1, false), ("even", 11, true), ("odd", 11, true)];
    let expected: Vec<_> = expected.into_iter().chain([("self", 4 + 11 + 1, true)]).collect();
    let found: Vec<_> = found.iter().map(|(name, gas, repeats)| (name.as_str(), *gas, *repeats)).collect();
    assert_eq!(found, expected);
}

#[test]
fn host_functions_count_without_their_lengths() {
    let body = "(drop (call $read (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8)))";
    assert_eq!(cost(body), (1 + 4 + 10 + (8_000 + 50), false));
    assert_eq!(cost("(memory.fill (i32.const 0) (i32.const 0) (i32.const 9))"), (1 + 3 + 60, false));
    for import in IMPORTS {
        assert!(V3.host.fixed(import.name) > 0, "{} has a price", import.name);
    }
}

#[test]
fn what_no_network_takes_has_no_cost() {
    let module = wat::parse_str("(module (func (export \"run\")))").unwrap();
    assert_eq!(static_costs(&module, &V3), Err(CodeRejected::NoMemory));
}

/// A chain of 20,000 functions, none of which is the last to be read: the search does not use the native stack.
#[test]
fn long_chains_of_calls_are_followed() {
    let functions: String = (1..20_000).map(|next| format!("(func (call {next}))")).collect();
    let module = format!("(module (memory (export \"memory\") 1) {functions} (func) (export \"run\" (func 0)))");
    let costs = static_costs(&wat::parse_str(module).unwrap(), &V3).unwrap();
    assert_eq!(costs.get("run"), Some(&MethodCost { gas: 19_999 * 11 + 1, repeats: false }));
}

#[test]
fn shares_of_limits_come_nearest_first() {
    let module = wat::parse_str(format!("{BEFORE}(func (export \"run\") {LEAF}))")).unwrap();
    let shares = check(&module, &V3).unwrap().shares;
    let of = |limit: CodeLimit| shares.iter().find(|share| share.limit == limit).map(|share| (share.used, share.max));
    assert_eq!(of(CodeLimit::CodeBytes), Some((u64::try_from(module.len()).unwrap(), 1 << 20)));
    assert_eq!(of(CodeLimit::Functions), Some((5, 20_000)));
    assert_eq!(of(CodeLimit::Parameters), Some((4, 100)));
    assert_eq!(of(CodeLimit::Locals), Some((1, 4_096)));
    assert_eq!(of(CodeLimit::Operands), Some((2, 1_024)));
    assert_eq!(of(CodeLimit::Nesting), Some((1, 1_024)));
    let full: Vec<CodeLimit> = shares.iter().take_while(|share| share.used == share.max).map(|s| s.limit).collect();
    assert_eq!(full, [CodeLimit::Tables, CodeLimit::Memories, CodeLimit::Results]);
    let least: Option<&Share> = shares.last();
    assert!(least.is_some_and(|share| share.used == 0), "{least:?}");
}
