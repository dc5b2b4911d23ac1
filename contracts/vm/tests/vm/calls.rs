//! Contracts that call contracts: what the caller learns, what is undone, what is shared.

use countersign_abi::{call_status, trap};
use countersign_vm::{RESERVED_METHODS, Status};

use crate::world::{GAS, World, address, call, contract, output, trapped, view, with};

/// Calls `run` at the address made of this number with this gas, and outputs status, code and
/// what was returned.
fn relay(number: u8, gas: i64) -> String {
    with(&format!("(call $relay (i64.const {gas}))"), &relay_function(number))
}

fn relay_function(number: u8) -> String {
    format!(
        "(data (i32.const 0) \"{}run\")
         (func $relay (param $gas i64)
           (i32.store (i32.const 100)
             (call $call (i32.const 0) (i32.const 32) (i32.const 3)
               (i32.const 0) (i32.const 32) (local.get $gas)))
           (i32.store (i32.const 104) (call $returned_code))
           (call $returned_read (i32.const 108))
           (call $output (i32.const 100) (i32.add (i32.const 8) (call $returned_len))))",
        format!("\\{number:02x}").repeat(32)
    )
}

/// Status, code and bytes of a relayed answer.
fn answer(output: &[u8]) -> (i32, u32, &[u8]) {
    (
        i32::from_le_bytes(output[..4].try_into().unwrap()),
        u32::from_le_bytes(output[4..8].try_into().unwrap()),
        &output[8..],
    )
}

const ALL: i64 = -1;

#[test]
fn a_caller_learns_how_its_callee_ended() {
    let fail = "(call $fail (i32.const 9) (i32.const 0) (i32.const 2))";
    let hello = with("(call $output (i32.const 0) (i32.const 2))", "(data (i32.const 0) \"hi\")");
    for (callee, expected) in [
        (hello, (call_status::OK, 0, &b"hi"[..])),
        (with(fail, "(data (i32.const 0) \"no\")"), (call_status::FAILED, 9, &b"no"[..])),
        (contract("unreachable"), (call_status::TRAPPED, trap::UNREACHABLE, &b""[..])),
        (contract("(drop (i32.load (i32.const -1)))"), (call_status::TRAPPED, trap::MEMORY_OUT_OF_BOUNDS, &b""[..])),
        (with("(call $f)", "(func $f (call $f))"), (call_status::TRAPPED, trap::STACK_OVERFLOW, &b""[..])),
        (contract("").replace("\"run\"", "\"other\""), (call_status::TRAPPED, trap::METHOD_NOT_FOUND, &b""[..])),
    ] {
        let mut world = World::of(&relay(2, ALL));
        world.deploy(2, &callee);
        let outcome = world.run(&call(&[]));
        assert_eq!(answer(output(&outcome)), expected, "{callee}");
    }
}

#[test]
fn what_only_the_chain_runs_is_no_method_for_contracts() {
    for method in RESERVED_METHODS {
        let calling = relay(2, ALL).replace("\\02run", &format!("\\02{method}"));
        let calling =
            calling.replace("(i32.const 32) (i32.const 3)", &format!("(i32.const 32) (i32.const {})", method.len()));
        let mut world = World::of(&calling);
        world.deploy(2, &contract("").replace("\"run\"", &format!("\"{method}\"")));
        let expected = (call_status::TRAPPED, trap::METHOD_NOT_FOUND, &b""[..]);
        assert_eq!(answer(output(&world.run(&call(&[])))), expected, "{method}");
        let mut own = call(&[]);
        (own.contract, own.method) = (address(2), method.into());
        assert!(matches!(world.run(&own).status, Status::Succeeded { .. }), "the chain itself runs {method}");
    }
}

#[test]
fn nobody_at_the_address() {
    let mut world = World::of(&relay(2, ALL));
    let outcome = world.run(&call(&[]));
    let expected = (call_status::TRAPPED, trap::CONTRACT_NOT_FOUND, &b""[..]);
    assert_eq!(answer(output(&outcome)), expected);

    let mut missing = call(&[]);
    missing.contract = address(3);
    let outcome = world.run(&missing);
    assert_eq!(outcome.status, trapped(trap::CONTRACT_NOT_FOUND));
    assert_eq!(outcome.gas_used, 10_003);

    missing.contract = address(1);
    missing.method = "nothing".into();
    let outcome = world.run(&missing);
    assert_eq!(outcome.status, trapped(trap::METHOD_NOT_FOUND));
    assert_eq!(outcome.gas_used, 10_007);
}

#[test]
fn a_callee_has_only_the_gas_it_is_given() {
    let mut world = World::of(&relay(2, 1_000_000));
    world.deploy(2, &contract("(loop (br 0))"));
    let outcome = world.run(&call(&[]));
    let expected = (call_status::TRAPPED, trap::OUT_OF_GAS, &b""[..]);
    assert_eq!(answer(output(&outcome)), expected);
    assert!(outcome.gas_used > 1_000_000 && outcome.gas_used < 1_100_000);

    // All of it: nothing is left to go on with.
    let mut world = World::of(&relay(2, ALL));
    world.deploy(2, &contract("(loop (br 0))"));
    let outcome = world.run(&call(&[]));
    assert_eq!(outcome.status, trapped(trap::OUT_OF_GAS));
    assert_eq!(outcome.gas_used, GAS);

    // Too little to begin.
    let mut world = World::of(&relay(2, 10));
    world.deploy(2, &contract(""));
    let outcome = world.run(&call(&[]));
    assert_eq!(answer(output(&outcome)), expected);
}

#[test]
fn what_a_failed_callee_did_is_undone_and_nothing_else() {
    // Writes, appends and emits under its input's first byte; then traps if told to.
    let acts = "(call $input_read (i32.const 200))
        (call $storage_write (i32.const 300) (i32.const 1) (i32.const 301) (i32.const 1))
        (drop (call $log_append (i32.const 300) (i32.const 1) (i32.const 301) (i32.const 1)))
        (call $emit (i32.const 300) (i32.const 1) (i32.const 301) (i32.const 1) (i32.const 0) (i32.const 0))";
    let data = "(data (i32.const 300) \"kv\")";
    let callee = with(&format!("{acts} unreachable"), data);
    let before_and_after = format!(
        "{acts} (call $relay (i64.const -1))
         (if (i64.ne (call $log_append (i32.const 300) (i32.const 1) (i32.const 301) (i32.const 1)) (i64.const 1))
           (then unreachable))"
    );
    let caller = with(&before_and_after, &format!("{} {data}", relay_function(2)));
    let mut world = World::of(&caller);
    world.deploy(2, &callee);
    let outcome = world.run(&call(&[]));
    let expected = (call_status::TRAPPED, trap::UNREACHABLE, &b""[..]);
    assert_eq!(answer(output(&outcome)), expected);
    let effects = outcome.effects;
    let writes: Vec<_> = effects.writes.into_iter().collect();
    assert_eq!(writes, [((address(1), b"k".to_vec()), Some(b"v".to_vec()))]);
    assert!(effects.appends.iter().all(|append| append.contract == address(1)));
    assert_eq!((effects.appends.len(), effects.events.len()), (2, 1));
    assert_eq!(effects.events[0].contract, address(1));

    // The same callee, if it does not trap, leaves everything.
    let mut world = World::of(&caller);
    world.deploy(2, &with(acts, data));
    let effects = world.run(&call(&[])).effects;
    assert_eq!(effects.writes.len(), 2);
    assert_eq!((effects.appends.len(), effects.events.len()), (3, 2));
}

#[test]
fn writing_over_what_was_undone() {
    let write = "(call $storage_write (i32.const 300) (i32.const 1) (i32.const 301) (i32.const 1))
        (drop (call $storage_remove (i32.const 300) (i32.const 1)))
        (call $storage_write (i32.const 300) (i32.const 1) (i32.const 301) (i32.const 2))";
    let data = "(data (i32.const 300) \"kvw\")";
    let mut world =
        World::of(&with(&format!("(call $relay (i64.const -1)) {write}"), &format!("{} {data}", relay_function(2))));
    world.deploy(2, &with(&format!("{write} unreachable"), data));
    let effects = world.run(&call(&[])).effects;
    let writes: Vec<_> = effects.writes.into_iter().collect();
    assert_eq!(writes, [((address(1), b"k".to_vec()), Some(b"vw".to_vec()))]);
}

#[test]
fn a_contract_on_the_chain_cannot_be_called_again() {
    let mut world = World::of(&relay(1, ALL));
    let outcome = world.run(&call(&[]));
    let refused = (call_status::TRAPPED, trap::REENTRANCE, &b""[..]);
    assert_eq!(answer(output(&outcome)), refused);

    let mut world = World::of(&relay(2, ALL));
    world.deploy(2, &relay(1, ALL));
    let outcome = world.run(&call(&[]));
    let (status, code, inner) = answer(output(&outcome));
    assert_eq!((status, code), (call_status::OK, 0));
    assert_eq!(answer(inner), refused);
}

#[test]
fn one_after_the_other_is_no_re_entrance() {
    let body = "(call $relay (i64.const -1)) ".repeat(40);
    let mut world = World::of(&with(&body, &relay_function(2)));
    world.deploy(2, &contract(""));
    let outcome = world.run(&call(&[]));
    assert_eq!(answer(output(&outcome)), (call_status::OK, 0, &b""[..]));
}

#[test]
fn calls_nest_eight_deep() {
    let mut world = World::default();
    for number in 1..=9 {
        world.deploy(number, &relay(number + 1, ALL));
    }
    let outcome = world.run(&call(&[]));
    let mut rest = output(&outcome);
    for _ in 1..8 {
        let (status, code, inner) = answer(rest);
        assert_eq!((status, code), (call_status::OK, 0));
        rest = inner;
    }
    let refused = (call_status::TRAPPED, trap::CALL_TOO_DEEP, &b""[..]);
    assert_eq!(answer(rest), refused);
}

#[test]
fn the_stack_is_shared() {
    // A recursion that just fits when called directly overflows when a contract in the way has
    // taken stack of its own.
    let recursion = |depth: u32| {
        with(
            &format!("(call $f (i32.const {depth}))"),
            "(func $f (param i32)
               (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))",
        )
    };
    let mut most = 0;
    for depth in (0..3_000).step_by(10) {
        if matches!(World::of(&recursion(depth)).run(&call(&[])).status, Status::Succeeded { .. }) {
            most = depth;
        }
    }
    assert!(most > 1_000, "{most}");
    let wide = with(
        "(call $relay (i64.const -1))",
        &relay_function(2).replace(
            "(func $relay (param $gas i64)",
            &format!("(func $relay (param $gas i64) (local {})", "i64 ".repeat(1_000)),
        ),
    );
    let mut world = World::of(&wide);
    world.deploy(2, &recursion(most));
    let outcome = world.run(&call(&[]));
    let refused = (call_status::TRAPPED, trap::STACK_OVERFLOW, &b""[..]);
    assert_eq!(answer(output(&outcome)), refused);
}

#[test]
fn memory_is_shared() {
    let grow = "(if (i32.eq (memory.grow (i32.const 400)) (i32.const -1)) (then unreachable))";
    let mut world = World::default();
    for number in 1..=3 {
        world.deploy(number, &with(&format!("{grow} (call $relay (i64.const -1))"), &relay_function(number + 1)));
    }
    let outcome = world.run(&call(&[]));
    let (_, _, second) = answer(output(&outcome));
    let refused = (call_status::TRAPPED, trap::MEMORY_LIMIT, &b""[..]);
    assert_eq!(answer(second), refused);

    // Also where the memory is there from the start.
    let big = "(memory (export \"memory\") 500)";
    let mut world = World::default();
    for number in 1..=3 {
        world.deploy(number, &with("(call $relay (i64.const -1))", &format!("{big} {}", relay_function(number + 1))));
    }
    let outcome = world.run(&call(&[]));
    let (_, _, second) = answer(output(&outcome));
    let (status, code, _) = answer(second);
    assert_eq!((status, code), (call_status::TRAPPED, trap::MEMORY_LIMIT));
}

#[test]
fn a_callee_knows_its_caller_and_a_view_stays_a_view() {
    let who = contract("(call $output (i32.const 0) (call $context (i32.const 4) (i32.const 0) (i32.const 32)))");
    let mut world = World::of(&relay(2, ALL));
    world.deploy(2, &who);
    let outcome = world.run(&call(&[]));
    let expected = (call_status::OK, 0, &address(1)[..]);
    assert_eq!(answer(output(&outcome)), expected);

    let write = contract("(call $storage_write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))");
    let mut world = World::of(&relay(2, ALL));
    world.deploy(2, &write);
    let outcome = world.run(&view(&[]));
    let refused = (call_status::TRAPPED, trap::WRITE_IN_VIEW, &b""[..]);
    assert_eq!(answer(output(&outcome)), refused);
}
