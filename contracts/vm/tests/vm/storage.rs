//! Storage, logs, events and facts: what guests see, what is read below, what comes out.

use countersign_abi::{field, trap};
use countersign_vm::{Emitted, HostFault, LogAppend, OptLevel};

use crate::world::{World, address, call, contract, machine, output, trapped, view, vm, with};

/// Reads key `k` into the output, or outputs `none`.
const READ: &str = "(local $len i64)
    (local.set $len (call $storage_read (i32.const 0) (i32.const 1) (i32.const 100) (i32.const 50)))
    (if (i64.lt_s (local.get $len) (i64.const 0))
      (then (call $output (i32.const 2) (i32.const 4)))
      (else (call $output (i32.const 100) (i32.wrap_i64 (local.get $len)))))";
const DATA: &str = "(data (i32.const 0) \"kvnone\")";
const WRITE: &str = "(call $storage_write (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1))";
const APPEND: &str = "(drop (call $log_append (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1)))";

#[test]
fn a_key_is_read_below_once() {
    let mut world = World::of(&with(READ, DATA));
    assert_eq!(output(&world.run(&call(&[]))), b"none");
    world.cells.insert((address(1), b"k".to_vec()), b"old".to_vec());
    world.reads.clear();
    assert_eq!(output(&world.run(&call(&[]))), b"old");
    assert_eq!(world.reads, [(address(1), b"k".to_vec())]);

    // A probe for the length, the value, and the value again.
    let probe = "(drop (call $storage_read (i32.const 0) (i32.const 1) (i32.const 100) (i32.const 0)))";
    let mut world = World::of(&with(&format!("{READ} {probe} {probe}"), DATA));
    assert_eq!(output(&world.run(&call(&[]))), b"none");
    assert_eq!(world.reads.len(), 1);
}

#[test]
fn a_value_longer_than_its_room_is_not_copied() {
    let text = with(
        "(i64.store (i32.const 100) (call $storage_read (i32.const 0) (i32.const 1) (i32.const 100) (i32.const 2)))
         (call $output (i32.const 100) (i32.const 8))",
        DATA,
    );
    let mut world = World::of(&text);
    world.cells.insert((address(1), b"k".to_vec()), b"long".to_vec());
    assert_eq!(output(&world.run(&call(&[]))), 4i64.to_le_bytes());
}

#[test]
fn writes_are_seen_and_come_out_and_carry_to_the_next_call() {
    let mut world = World::of(&with(&format!("{READ} {WRITE}"), DATA));
    let first = world.run(&call(&[]));
    assert_eq!(output(&first), b"none");
    let writes: Vec<_> = first.effects.writes.clone().into_iter().collect();
    assert_eq!(writes, [((address(1), b"k".to_vec()), Some(b"v".to_vec()))]);
    world.apply(first.effects);
    assert_eq!(output(&world.run(&call(&[]))), b"v");

    // Within one call as well.
    let read = format!("{DATA} (func $read {READ})");
    let mut world = World::of(&with(&format!("{WRITE} (call $read)"), &read));
    assert_eq!(output(&world.run(&call(&[]))), b"v");
}

#[test]
fn removing_answers_whether_there_was_something() {
    let body = "(i32.store (i32.const 100) (call $storage_remove (i32.const 0) (i32.const 1)))
        (i32.store (i32.const 104) (call $storage_remove (i32.const 0) (i32.const 1)))
        (call $output (i32.const 100) (i32.const 8))";
    let mut world = World::of(&with(body, DATA));
    let outcome = world.run(&call(&[]));
    assert_eq!(output(&outcome), [0; 8]);
    assert!(outcome.effects.writes.is_empty());

    world.cells.insert((address(1), b"k".to_vec()), b"old".to_vec());
    let outcome = world.run(&call(&[]));
    assert_eq!(output(&outcome), [1, 0, 0, 0, 0, 0, 0, 0]);
    let writes: Vec<_> = outcome.effects.writes.into_iter().collect();
    assert_eq!(writes, [((address(1), b"k".to_vec()), None)]);
}

#[test]
fn a_log_grows_from_its_length_below() {
    let body = "(i64.store (i32.const 100) (call $log_append (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1)))
        (i64.store (i32.const 108) (call $log_append (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 4)))
        (i64.store (i32.const 116) (call $log_len (i32.const 0) (i32.const 1)))
        (call $output (i32.const 100) (i32.const 24))";
    let mut world = World::of(&with(body, DATA));
    for base in [0u64, 2, 4] {
        let outcome = world.run(&call(&[]));
        let expected: Vec<u8> = [base, base + 1, base + 2].iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(output(&outcome), expected);
        let append = |entry: &[u8]| LogAppend { contract: address(1), key: b"k".to_vec(), entry: entry.to_vec() };
        assert_eq!(outcome.effects.appends, [append(b"v"), append(b"none")]);
        world.apply(outcome.effects);
    }
    assert!(world.cells.is_empty(), "logs and values are apart");
}

#[test]
fn a_view_reads_logs_and_writes_nothing() {
    let read = "(local $len i64)
        (local.set $len (call $log_read (i32.const 0) (i32.const 1) (i64.const 1) (i32.const 100) (i32.const 500)))
        (if (i64.lt_s (local.get $len) (i64.const 0))
          (then (call $output (i32.const 2) (i32.const 4)))
          (else (call $output (i32.const 100) (i32.wrap_i64 (local.get $len)))))";
    let mut world = World::of(&with(read, DATA));
    assert_eq!(output(&world.run(&view(&[]))), b"none");
    let log = vec![b"zero".to_vec(), b"one".to_vec()];
    world.logs.insert((address(1), b"k".to_vec()), log);
    assert_eq!(output(&world.run(&view(&[]))), b"one");

    let remove = "(drop (call $storage_remove (i32.const 0) (i32.const 1)))";
    let emit = "(call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0))";
    for body in [WRITE, APPEND, remove, emit] {
        let outcome = World::of(&with(body, DATA)).run(&view(&[]));
        assert_eq!(outcome.status, trapped(trap::WRITE_IN_VIEW), "{body}");
    }
}

#[test]
fn a_view_may_answer_more() {
    let text = with("(call $output (i32.const 0) (i32.const 4194304))", "(memory (export \"memory\") 65)");
    let outcome = World::of(&text).run(&view(&[]));
    assert_eq!(output(&outcome).len(), 4 << 20);
    let outcome = World::of(&text).run(&call(&[]));
    assert_eq!(outcome.status, trapped(trap::BAD_HOST_ARGUMENT));
}

#[test]
fn events_come_out_whole() {
    let text = with(
        "(call $emit (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 4) (i32.const 12) (i32.const 16))",
        "(data (i32.const 0) \"Captureddata\\04item\\03\\00abc\\01n\\02\\00\\00\\ff\")",
    );
    let outcome = World::of(&text).run(&call(&[]));
    let event = Emitted {
        contract: address(1),
        name: "Captured".into(),
        data: b"data".to_vec(),
        attributes: vec![("item".into(), b"abc".to_vec()), ("n".into(), vec![0, 255])],
    };
    assert_eq!(outcome.effects.events, [event]);
}

#[test]
fn malformed_attributes_trap() {
    let long_name = format!("\\21{}\\00\\00", "n".repeat(33));
    let long_value = format!("\\01n\\01\\01{}", "v".repeat(257));
    let nine = "\\01n\\00\\00".repeat(9);
    for (attributes, len) in [
        ("\\00\\00\\00", 3),
        ("\\05n\\00\\00", 4),
        ("\\01n\\09\\00", 4),
        ("\\01n\\09", 3),
        ("\\01\\ff\\00\\00", 4),
        (&long_name, 36),
        (&long_value, 261),
        (&nine, 36),
    ] {
        let text = with(
            &format!(
                "(call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8) (i32.const {len}))"
            ),
            &format!("(data (i32.const 0) \"E\") (data (i32.const 8) \"{attributes}\")"),
        );
        let outcome = World::of(&text).run(&call(&[]));
        assert_eq!(outcome.status, trapped(trap::BAD_HOST_ARGUMENT), "{attributes}");
    }
}

#[test]
fn input_and_facts_reach_the_guest() {
    let echo = "(call $input_read (i32.const 0)) (call $output (i32.const 0) (call $input_len))";
    assert_eq!(output(&World::of(&contract(echo)).run(&call(b"abc"))), b"abc");

    for (which, expected) in [
        (field::SIGNER_KEY, vec![7; 32]),
        (field::ACCOUNT, b"acme/alice".to_vec()),
        (field::ROLES, vec![4]),
        (field::CONTRACT, vec![1; 32]),
        (field::CALLER_CONTRACT, vec![]),
        (field::TRANSACTION, vec![8; 32]),
        (field::HEIGHT, 42u64.to_le_bytes().to_vec()),
        (field::TIME_MS, 1_700_000_000_000u64.to_le_bytes().to_vec()),
        (field::CHAIN, vec![9; 32]),
        (field::IS_VIEW, vec![0]),
        (field::ATTRIBUTES, b"attributes".to_vec()),
    ] {
        let text = contract(&format!(
            "(call $output (i32.const 0) (call $context (i32.const {which}) (i32.const 0) (i32.const 100)))"
        ));
        assert_eq!(output(&World::of(&text).run(&call(&[]))), expected, "{which}");
    }
}

#[test]
fn hashes_and_signatures() {
    let text = with(
        "(call $sha256 (i32.const 0) (i32.const 3) (i32.const 100)) (call $output (i32.const 100) (i32.const 32))",
        "(data (i32.const 0) \"abc\")",
    );
    let outcome = World::of(&text).run(&call(&[]));
    assert_eq!(output(&outcome)[..8], [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea]);

    // RFC 8032, test 2: key, signature, one-byte message.
    let input: Vec<u8> = [
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "72",
    ]
    .concat()
    .as_bytes()
    .chunks(2)
    .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
    .collect();
    let text = contract(
        "(call $input_read (i32.const 0))
         (i32.store (i32.const 200) (call $ed25519_verify (i32.const 0) (i32.const 96) (i32.const 1) (i32.const 32)))
         (call $output (i32.const 200) (i32.const 4))",
    );
    let mut world = World::of(&text);
    assert_eq!(output(&world.run(&call(&input))), [1, 0, 0, 0]);
    for at in [0, 40, 70, 96] {
        let mut forged = input.clone();
        forged[at] ^= 1;
        assert_eq!(output(&world.run(&call(&forged))), [0; 4], "{at}");
    }
}

#[test]
fn a_state_that_cannot_be_read_is_a_fault_not_an_outcome() {
    let mut world = World::of(&with(READ, DATA));
    world.broken = true;
    let fault = vm().run(&mut world, &call(&[]));
    assert!(matches!(fault, Err(HostFault::State(_))), "{fault:?}");

    let mut world = World::of(&contract("nop"));
    let hash = world.contracts[&address(1)];
    world.codes.clear();
    let vm = machine(OptLevel::Speed);
    let fault = vm.run(&mut world, &call(&[]));
    assert!(matches!(fault, Err(HostFault::CodeMissing(missing)) if missing == hash));
    world.codes.insert(hash, vec![0].into());
    let fault = vm.run(&mut world, &call(&[]));
    assert!(matches!(fault, Err(HostFault::CodeDamaged(damaged)) if damaged == hash));
}

#[test]
fn nan_bits_are_canonical() {
    // 0/0, and a NaN with a payload through an addition: both are the positive canonical NaN.
    let body = "(f64.store (i32.const 0) (f64.div (f64.const 0) (f64.const 0)))
        (f64.store (i32.const 8) (f64.add (f64.const -nan:0x4000000000001) (f64.const 1)))
        (f32.store (i32.const 16) (f32.sqrt (f32.const -1)))
        (f32.store (i32.const 20) (f32.demote_f64 (f64.const -nan:0x4000000000001)))
        (call $output (i32.const 0) (i32.const 24))";
    let outcome = World::of(&contract(body)).run(&call(&[]));
    let (double, single) = (0x7ff8_0000_0000_0000u64, 0x7fc0_0000u32);
    let expected = [
        double.to_le_bytes().to_vec(),
        double.to_le_bytes().to_vec(),
        single.to_le_bytes().to_vec(),
        single.to_le_bytes().to_vec(),
    ]
    .concat();
    assert_eq!(output(&outcome), expected);
}
