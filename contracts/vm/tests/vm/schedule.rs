//! Calls that contracts schedule: what they cost, what is refused, and what is undone with what scheduled them.

use countersign_abi::{limits as abi, trap};
use countersign_vm::{Call, CallKind, Scheduled, Status};

use crate::world::{GAS, World, address, call, contract, output, trapped, view, vm, with};

const NOW: u64 = 1_700_000_000_000;
const DATA: &str = "(data (i32.const 0) \"run\") (data (i32.const 8) \"initmigrate\\ff\")";
/// Enough for any contract of these tests, and the least there is.
const SOME: u64 = abi::SCHEDULED_GAS_MIN;

/// Schedules the method whose name stands there, with four bytes of input.
fn booking(name: u32, len: u32, at: u64, gas: u64) -> String {
    let input = format!("(i32.const 0) (i32.const 4) (i64.const {at}) (i64.const {gas})", gas = gas.cast_signed());
    format!("(call $schedule (i32.const {name}) (i32.const {len}) {input})")
}

fn run(at: u64, gas: u64) -> String {
    booking(0, 3, at, gas)
}

/// A contract that schedules so many calls of its own and outputs the position of the last.
fn books(count: u32) -> String {
    let body = format!(
        "(local i32) (loop
           (i64.store (i32.const 100) {booking})
           (local.set 0 (i32.add (local.get 0) (i32.const 1)))
           (br_if 0 (i32.lt_u (local.get 0) (i32.const {count}))))
         (call $output (i32.const 100) (i32.const 8))",
        booking = run(NOW + 5, SOME)
    );
    with(&body, DATA)
}

/// Gas for instantiating the first contract of a world, as [`countersign_vm`] says it.
fn instantiation(text: &str) -> u64 {
    vm().check(&wat::parse_str(text).unwrap()).unwrap().stats.instantiation_gas
}

/// The least gas that a call of `run` with four bytes can be scheduled with.
fn least(text: &str) -> u64 {
    10_000 + 7 + instantiation(text)
}

#[test]
fn is_handed_on_with_the_gas_that_was_paid() {
    let text = with(&format!("(drop {})", run(NOW + 1, SOME)), DATA);
    let outcome = World::of(&text).run(&call(&[]));
    assert_eq!(outcome.status, Status::Succeeded { output: Vec::new() });
    let scheduled =
        Scheduled { contract: address(1), method: "run".into(), input: b"run\0".into(), at_ms: NOW + 1, gas: SOME };
    assert_eq!(outcome.effects.scheduled, [scheduled]);
    // The call of the top, its instance, the block with six constants, a call and a drop, and what it schedules.
    let rest = outcome.gas_used - (10_000 + 3) - instantiation(&text);
    assert_eq!(rest, 1 + 6 + 10 + 20_000 + 8 * 7 + SOME);
}

#[test]
fn positions_count_up_to_the_limit() {
    let most = abi::SCHEDULED_CALLS_MAX;
    let outcome = World::of(&books(most)).run(&call(&[]));
    assert_eq!(output(&outcome), u64::from(most - 1).to_le_bytes());
    assert_eq!(outcome.effects.scheduled.len(), most as usize);
    let outcome = World::of(&books(most + 1)).run(&call(&[]));
    assert_eq!(outcome.status, trapped(trap::SCHEDULE_LIMIT));
    assert!(outcome.effects.scheduled.is_empty() && outcome.gas_used > u64::from(most) * SOME);
}

#[test]
fn what_cannot_come_to_anything_is_refused() {
    let rich = Call { gas_limit: 2 * GAS, ..call(&[]) };
    let good = |text: &str| World::of(&with(&format!("(drop {text})"), DATA)).run(&rich).status;
    let last = NOW + abi::SCHEDULE_AHEAD_MS_MAX;
    for (text, expected) in [
        (run(NOW + 1, SOME), None),
        (run(last, SOME), None),
        (run(NOW + 1, abi::SCHEDULED_GAS_MAX), None),
        (run(NOW, SOME), Some(trap::BAD_HOST_ARGUMENT)),
        (run(0, SOME), Some(trap::BAD_HOST_ARGUMENT)),
        (run(last + 1, SOME), Some(trap::BAD_HOST_ARGUMENT)),
        (run(u64::MAX, SOME), Some(trap::BAD_HOST_ARGUMENT)),
        (run(NOW + 1, 0), Some(trap::BAD_HOST_ARGUMENT)),
        (run(NOW + 1, SOME - 1), Some(trap::BAD_HOST_ARGUMENT)),
        (run(NOW + 1, abi::SCHEDULED_GAS_MAX + 1), Some(trap::BAD_HOST_ARGUMENT)),
        (run(NOW + 1, u64::MAX), Some(trap::BAD_HOST_ARGUMENT)),
        (booking(8, 4, NOW + 1, SOME), Some(trap::METHOD_NOT_FOUND)),
        (booking(12, 7, NOW + 1, SOME), Some(trap::METHOD_NOT_FOUND)),
        (booking(0, 2, NOW + 1, SOME), Some(trap::METHOD_NOT_FOUND)),
        (booking(0, 0, NOW + 1, SOME), Some(trap::METHOD_NOT_FOUND)),
        (booking(19, 1, NOW + 1, SOME), Some(trap::METHOD_NOT_FOUND)),
        (booking(0, 65, NOW + 1, SOME), Some(trap::BAD_HOST_ARGUMENT)),
        (booking(u32::MAX, 3, NOW + 1, SOME), Some(trap::BAD_HOST_ARGUMENT)),
    ] {
        let expected = expected.map_or(Status::Succeeded { output: Vec::new() }, trapped);
        assert_eq!(good(&text), expected, "{text}");
    }
    let long = format!(
        "(call $schedule (i32.const 0) (i32.const 3) (i32.const 0) (i32.const {}) (i64.const {}) (i64.const {SOME}))",
        abi::SCHEDULED_INPUT_BYTES_MAX + 1,
        NOW + 1
    );
    assert_eq!(good(&long), trapped(trap::BAD_HOST_ARGUMENT));
}

#[test]
fn gas_that_does_not_make_the_instance_is_refused() {
    let large =
        |gas| with(&format!("(drop {})", run(NOW + 1, gas)), &format!("(memory (export \"memory\") 90) {DATA}"));
    let rich = Call { gas_limit: 2 * GAS, ..call(&[]) };
    let least = least(&large(SOME));
    // The length of the number in the code is the same, so that the bound is exact.
    assert!((SOME..1_048_576).contains(&least), "{least}");
    assert_eq!(World::of(&large(least)).run(&rich).status, Status::Succeeded { output: Vec::new() });
    assert_eq!(World::of(&large(least - 1)).run(&rich).status, trapped(trap::BAD_HOST_ARGUMENT));
}

#[test]
fn a_view_schedules_nothing() {
    let text = with(&format!("(drop {})", run(NOW + 1, SOME)), DATA);
    assert_eq!(World::of(&text).run(&view(&[])).status, trapped(trap::WRITE_IN_VIEW));
}

#[test]
fn who_cannot_pay_for_it_is_out_of_gas() {
    let text = with(&format!("(drop {})", run(NOW + 1, abi::SCHEDULED_GAS_MAX)), DATA);
    let mut world = World::of(&text);
    let with_gas = |gas_limit| Call { gas_limit, ..call(&[]) };
    let needed = world.run(&with_gas(2 * GAS)).gas_used;
    assert!(matches!(world.run(&with_gas(needed)).status, Status::Succeeded { .. }));
    let outcome = world.run(&with_gas(needed - 1));
    assert_eq!((outcome.status, outcome.gas_used), (trapped(trap::OUT_OF_GAS), needed - 1));
}

#[test]
fn a_contract_that_another_one_called_schedules_nothing() {
    let calls = "(data (i32.const 200) \"\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\")";
    let other = "(if (i32.ne (call $call (i32.const 200) (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const 5000000)) (i32.const 2)) (then unreachable))";
    let outer = with(&format!("{other} (drop {})", run(NOW + 1, SOME)), &format!("{DATA} {calls}"));
    let mut world = World::of(&outer);
    world.deploy(2, &with(&format!("(drop {})", run(NOW + 9, SOME)), DATA));
    let outcome = world.run(&call(&[]));
    let contracts: Vec<_> = outcome.effects.scheduled.iter().map(|scheduled| scheduled.contract).collect();
    assert_eq!(contracts, [address(1)], "the other one trapped: {:?}", outcome.status);
}

#[test]
fn a_contract_is_the_caller_of_its_scheduled_calls() {
    let text = with(
        "(drop (call $context (i32.const 4) (i32.const 0) (i32.const 32))) (call $output (i32.const 0) (i32.const 32))",
        "",
    );
    let mut scheduled = call(&[]);
    scheduled.context.scheduled = true;
    assert_eq!(output(&World::of(&text).run(&scheduled)), address(1));
    assert_eq!(output(&World::of(&text).run(&call(&[]))), [0; 32]);
    assert_eq!(scheduled.kind, CallKind::Call);
    // What only the chain runs is no method for it either.
    scheduled.method = "init".into();
    let init = contract("").replace("\"run\"", "\"init\"");
    assert_eq!(World::of(&init).run(&scheduled).status, trapped(trap::METHOD_NOT_FOUND));
}
