//! Scheduled calls on the chain: when they run, in which order, as whom, and what becomes of them.

use crate::chain::{BEGIN, State, account, key, module, signed, transaction};
use crate::crowd::{Crowd, replay};
use countersign_abi::{limits as abi, trap};
use countersign_ledger::store::Space;
use countersign_ledger::verify::verify;
use countersign_replica::execute::{Executed, Executor};
use countersign_replica::limits::{SCHEDULED_CALLS_PER_BLOCK, SCHEDULED_GAS_PART};
use countersign_replica::state_source::Ripe;
use countersign_types::hash::sha256;
use countersign_types::{
    Address, ContractRecord, Gas, Hash, Height, Outcome, Override, Payload, Receipt, RejectCode, Roles, ScheduledCall,
    SignedOverride, TimestampMs, VerifiedTransaction, codec, state_key,
};
use std::sync::Arc;

/// A contract that schedules what its input says (time u64, gas u64, length of the method u32, method, input): once by
/// `book`, sixteen times by `books`. `ring` announces its input and the roles it has, and insists on being scheduled;
/// `spin` never ends; `refuse` fails.
const CLOCK: &str = r#"(module
  (import "countersign" "input_len" (func $input_len (result i32)))
  (import "countersign" "input_read" (func $input_read (param i32)))
  (import "countersign" "context" (func $context (param i32 i32 i32) (result i32)))
  (import "countersign" "fail" (func $fail (param i32 i32 i32)))
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (import "countersign" "log_append" (func $log_append (param i32 i32 i32 i32) (result i64)))
  (import "countersign" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
  (import "countersign" "schedule" (func $schedule (param i32 i32 i32 i32 i64 i64) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 60000) "ring")
  (func $one (local $head i32)
    (local.set $head (i32.add (i32.const 20) (i32.load (i32.const 16))))
    (drop (call $schedule (i32.const 20) (i32.load (i32.const 16))
      (local.get $head) (i32.sub (call $input_len) (local.get $head))
      (i64.load (i32.const 0)) (i64.load (i32.const 8)))))
  (func (export "book") (call $input_read (i32.const 0)) (call $one))
  (func (export "books") (local $n i32)
    (call $input_read (i32.const 0))
    (loop $again
      (call $one)
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 16)))))
  (func (export "ring") (local $len i32)
    (if (i32.ne (call $context (i32.const 4) (i32.const 61000) (i32.const 32)) (i32.const 32)) (then unreachable))
    (local.set $len (call $input_len))
    (call $input_read (i32.const 0))
    (drop (call $context (i32.const 2) (local.get $len) (i32.const 1)))
    (drop (call $log_append (i32.const 60000) (i32.const 4) (i32.const 0) (local.get $len)))
    (call $emit (i32.const 60000) (i32.const 4) (i32.const 0) (i32.add (local.get $len) (i32.const 1)) (i32.const 0) (i32.const 0)))
  (func (export "spin") (loop $again (br $again)))
  (func (export "refuse") (call $fail (i32.const 7) (i32.const 0) (i32.const 0)))
  (func (export "burst")
    ;; The word that an armed disk does not survive, which stands nowhere in the code.
    (i64.store (i32.const 0) (i64.const 0x6e6f73696f70))
    (call $storage_write (i32.const 60000) (i32.const 4) (i32.const 0) (i32.const 6))))"#;

/// Enough for `ring`, and the least there is.
const SOME: u64 = abi::SCHEDULED_GAS_MIN;

fn booking(at: u64, gas: u64, method: &str, input: &[u8]) -> Vec<u8> {
    let at = BEGIN.plus(at).0;
    let length = u32::try_from(method.len()).unwrap();
    [&at.to_le_bytes()[..], &gas.to_le_bytes(), &length.to_le_bytes(), method.as_bytes(), input].concat()
}

fn clock(method: &str, input: Vec<u8>) -> Payload {
    Payload::Call { contract: Address::of("a/clock"), method: method.into(), input }
}

/// Signed by account 13, a submitter.
fn call(nonce: u64, method: &str, input: Vec<u8>) -> Arc<VerifiedTransaction> {
    signed(13, transaction(13, nonce, 50_000, clock(method, input)))
}

fn book(nonce: u64, at: u64, input: &str) -> Arc<VerifiedTransaction> {
    call(nonce, "book", booking(at, SOME, "ring", input.as_bytes()))
}

fn with_clock() -> State {
    let mut state = State::of_genesis();
    let code = wat::parse_str(CLOCK).unwrap();
    let deploy = Payload::Deploy { name: "a/clock".into(), code, input: Vec::new() };
    let mut body = transaction(11, 0, 50_000, deploy);
    body.gas_limit = crate::chain::genesis().parameters.transaction_gas_max;
    let outcomes = state.execute(1, 1, &[signed(11, body)]);
    assert!(matches!(outcomes[0], Outcome::Succeeded { .. }), "{outcomes:?}");
    state
}

/// Executes a block and keeps what it changed; answers its receipts.
fn block(state: &mut State, height: u64, time: u64, transactions: &[Arc<VerifiedTransaction>]) -> Vec<Receipt> {
    let Executed { receipts, changes } = state.try_out(height, time, transactions);
    state.take(changes);
    receipts
}

fn all_succeeded(receipts: &[Receipt]) -> bool {
    receipts.iter().all(Receipt::succeeded)
}

/// What the calls announced, in the order of the receipts; the last byte of each is the roles.
fn rung(receipts: &[Receipt]) -> Vec<String> {
    let events = receipts.iter().flat_map(|receipt| &receipt.events);
    events.map(|event| String::from_utf8(event.data[..event.data.len() - 1].to_vec()).unwrap()).collect()
}

fn waiting(state: &State) -> Vec<ScheduledCall> {
    let all = state.0.iter().filter(|(key, _)| key.starts_with(&state_key::scheduled_all()));
    all.map(|(_, value)| codec::decode(value, value.len()).unwrap()).collect()
}

#[test]
fn a_scheduled_call_stands_in_the_state_until_its_time() {
    let mut state = with_clock();
    let booked = book(1, 100, "a");
    assert!(all_succeeded(&block(&mut state, 2, 10, &[Arc::clone(&booked)])));
    let call = ScheduledCall {
        at: BEGIN.plus(100),
        contract: Address::of("a/clock"),
        method: "ring".into(),
        input: b"a".to_vec(),
        gas: Gas(SOME),
        account: "a/gate".parse().unwrap(),
        roles: Roles::SUBMITTER,
        transaction: booked.id(),
        position: 0,
        height: Height(2),
    };
    assert_eq!(waiting(&state), std::slice::from_ref(&call));
    assert_eq!(state.0.get(&state_key::scheduled(call.at, 0)), Some(&codec::encode(&call)));
    assert_eq!(state.0.get(&state_key::scheduled_next()), Some(&codec::encode(&1u64)));

    assert_eq!(block(&mut state, 3, 99, &[]), [], "not before its time");
    let other = book(2, 5_000, "later");
    let receipts = block(&mut state, 4, 100, &[Arc::clone(&other)]);
    let [of_transaction, receipt] = &receipts[..] else { panic!("{receipts:?}") };
    assert_eq!((of_transaction.transaction, of_transaction.index), (other.id(), 0));
    assert_eq!((receipt.transaction, receipt.height, receipt.index), (call.id(), Height(4), 1));
    assert!(receipt.succeeded() && (1..SOME).contains(&receipt.gas_used.0), "{receipt:?}");
    assert_eq!(receipt.events[0].data, [b'a', Roles::SUBMITTER.0]);
    assert_eq!(rung(&block(&mut state, 5, 101, &[])), [""; 0], "once");
    assert_eq!(waiting(&state).len(), 1);
}

#[test]
fn calls_run_in_the_order_of_their_time_and_then_of_their_scheduling() {
    let mut state = with_clock();
    let first = [book(1, 300, "c"), book(2, 100, "a"), book(3, 300, "d")];
    assert!(all_succeeded(&block(&mut state, 2, 10, &first)));
    assert!(all_succeeded(&block(&mut state, 3, 20, &[book(4, 200, "b"), book(5, 300, "e"), book(6, 900, "f")])));
    let receipts = block(&mut state, 4, 400, &[]);
    assert_eq!(rung(&receipts), ["a", "b", "c", "d", "e"]);
    assert_eq!(receipts.iter().map(|receipt| receipt.index).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    // The log, which they append to, has them in the same order.
    assert_eq!(waiting(&state).len(), 1);
}

#[test]
fn they_run_before_the_transactions_and_what_a_block_schedules_waits_for_a_later_one() {
    let mut state = with_clock();
    // A call that schedules another one, which is due before the next block.
    let inner = booking(101, SOME, "ring", b"inner");
    let outer = call(1, "book", booking(100, 1_000_000, "book", &inner));
    assert!(all_succeeded(&block(&mut state, 2, 10, &[outer])));
    let id = waiting(&state)[0].id();
    let receipts = block(&mut state, 3, 500, &[book(2, 501, "own")]);
    assert_eq!(receipts.iter().map(|receipt| receipt.events.len()).sum::<usize>(), 0);
    assert!(
        all_succeeded(&receipts[..1]) && matches!(receipts[1].outcome, Outcome::Trapped { .. }),
        "its time is over"
    );

    let inner = booking(10_000, SOME, "ring", b"inner");
    let outer = call(3, "book", booking(700, 1_000_000, "book", &inner));
    assert!(all_succeeded(&block(&mut state, 4, 600, &[outer])[..1]));
    assert!(all_succeeded(&block(&mut state, 5, 800, &[])));
    let [call] = &waiting(&state)[..] else { panic!() };
    assert_ne!(call.transaction, id);
    assert_eq!((call.account.as_str(), call.roles, call.position), ("a/gate", Roles::SUBMITTER, 0));
    assert_eq!(rung(&block(&mut state, 6, 20_000, &[])), ["inner"]);
}

#[test]
fn a_block_takes_as_many_as_its_share_of_gas_holds_and_carries_the_others_over() {
    let mut state = with_clock();
    let gas = 20_000_000;
    let share = crate::chain::genesis().parameters.block_gas_max.0 / SCHEDULED_GAS_PART;
    let fit = usize::try_from(share / gas).unwrap();
    let books = |nonce: u64| call(nonce, "books", booking(100, gas, "ring", nonce.to_string().as_bytes()));
    let booked: Vec<_> = (1..=9).map(books).collect();
    assert!(all_succeeded(&block(&mut state, 2, 10, &booked)));
    assert_eq!(waiting(&state).len(), 9 * 16);
    let expected: Vec<String> = (1..=9).flat_map(|nonce: u64| vec![nonce.to_string(); 16]).collect();
    let (mut heard, mut height) = (Vec::new(), 3);
    while heard.len() < expected.len() {
        let receipts = block(&mut state, height, 100 * height, &[]);
        assert_eq!(receipts.len(), fit.min(expected.len() - heard.len()));
        heard.extend(rung(&receipts));
        height += 1;
    }
    assert_eq!(heard, expected);
    assert!(waiting(&state).is_empty());
}

#[test]
fn what_is_larger_than_the_share_runs_alone() {
    let mut state = with_clock();
    let most = abi::SCHEDULED_GAS_MAX;
    let booked = [1, 2].map(|nonce| call(nonce, "book", booking(100, most, "ring", &[b'0' + nonce as u8])));
    assert!(all_succeeded(&block(&mut state, 2, 10, &booked)));
    let mut parameters = crate::chain::genesis().parameters;
    parameters.block_gas_max = Gas(most);
    let due: Vec<_> = [0, 1].map(|number| state_key::scheduled(BEGIN.plus(100), number)).into();
    let executed = executed(&state, &parameters, &[], Ripe { expired: Vec::new(), due });
    assert_eq!(rung(&executed.receipts), ["1"]);
}

#[test]
fn a_block_runs_no_more_than_its_number() {
    let mut state = with_clock();
    let more = SCHEDULED_CALLS_PER_BLOCK.div_ceil(16) as u64;
    let booked: Vec<_> = (1..=more).map(|nonce| call(nonce, "books", booking(100, SOME, "ring", b"x"))).collect();
    assert!(all_succeeded(&block(&mut state, 2, 10, &booked)));
    let first = block(&mut state, 3, 1_000, &[]);
    assert!(first.len() == SCHEDULED_CALLS_PER_BLOCK && all_succeeded(&first));
    assert_eq!(block(&mut state, 4, 1_001, &[]).len(), more as usize * 16 - SCHEDULED_CALLS_PER_BLOCK);
}

fn executed(
    state: &State,
    parameters: &countersign_types::Parameters,
    overrides: &[SignedOverride],
    ripe: Ripe,
) -> Executed {
    let chain = crate::chain::genesis().chain();
    let vm = crate::chain::vm();
    let executor = Executor { vm: &vm, chain, parameters, overrides, is_trial: false };
    executor.execute(state, &crate::chain::header(3, 100), &[] as &[Arc<VerifiedTransaction>], ripe).unwrap()
}

#[test]
fn each_goes_whatever_becomes_of_it() {
    let trapped = |cause| Outcome::Trapped { cause };
    let set = |state: &mut State, roles, until| {
        let account = account("a/gate", roles, &[(13, until)]);
        state.0.insert(state_key::account("a/gate"), codec::encode(&account));
    };
    type Change<'a> = &'a dyn Fn(&mut State);
    let cases: [(&str, Change<'_>, Outcome, bool); 7] = [
        ("spin", &|_| (), trapped(trap::OUT_OF_GAS), true),
        ("refuse", &|_| (), Outcome::Failed { code: 7, error: Vec::new() }, false),
        // Another key came instead: it is still the account's call.
        (
            "ring",
            &|state| set(state, Roles::DEVICE.with(Roles::SUBMITTER), None),
            Outcome::Succeeded { output: Vec::new() },
            false,
        ),
        ("ring", &|state| set(state, Roles::AUDITOR, None), Outcome::Rejected(RejectCode::Forbidden), false),
        ("ring", &|state| set(state, Roles::DEVICE, None), Outcome::Rejected(RejectCode::Forbidden), false),
        ("ring", &|state| set(state, Roles::SUBMITTER, Some(3)), Outcome::Rejected(RejectCode::UnknownSigner), false),
        ("ring", &replaced, trapped(trap::METHOD_NOT_FOUND), false),
    ];
    for (method, change, expected, uses_all) in cases {
        let mut state = with_clock();
        assert!(all_succeeded(&block(&mut state, 2, 10, &[call(1, "book", booking(100, SOME, method, b"x"))])));
        change(&mut state);
        let receipts = block(&mut state, 3, 100, &[]);
        assert_eq!((receipts.len(), &receipts[0].outcome), (1, &expected), "{method}");
        assert_eq!(receipts[0].gas_used.0 == SOME, uses_all, "{method}: {:?}", receipts[0].gas_used);
        assert!(waiting(&state).is_empty(), "{method}");
    }
}

/// The contract has other code now, in which the method is not.
fn replaced(state: &mut State) {
    let code = module(&["run"]);
    let hash = Hash(sha256(&code));
    let facts = crate::chain::vm().check(&code).unwrap().facts;
    let key = state_key::contract(&Address::of("a/clock"));
    let mut record: ContractRecord = codec::decode(&state.0[&key], 1 << 10).unwrap();
    record.code = hash;
    state.0.insert(key, codec::encode(&record));
    let countersign_vm::CodeFacts { methods, code_bytes, data_bytes, elements, memory_pages, layout } = facts;
    let facts = countersign_types::CodeRecord { methods, code_bytes, data_bytes, elements, memory_pages, layout: None };
    assert_eq!(layout, None);
    state.0.insert(state_key::code_record(&hash), codec::encode(&facts));
    state.0.insert(state_key::code(&hash), code);
}

fn set_frozen(state: &mut State, contract: &str, frozen: bool) {
    let key = state_key::contract(&Address::of(contract));
    let mut record: ContractRecord = codec::decode(&state.0[&key], 1 << 10).unwrap();
    record.frozen.by_owner = frozen;
    state.0.insert(key, codec::encode(&record));
}

#[test]
fn a_call_waits_while_its_contract_is_frozen_and_others_pass_it() {
    let mut state = with_clock();
    // Another contract whose call is due at the same time, behind the first.
    let code = wat::parse_str(CLOCK).unwrap();
    let mut body = transaction(11, 1, 50_000, Payload::Deploy { name: "a/other".into(), code, input: Vec::new() });
    body.gas_limit = crate::chain::genesis().parameters.transaction_gas_max;
    let input = booking(100, SOME, "ring", b"other");
    let other = Payload::Call { contract: Address::of("a/other"), method: "book".into(), input };
    let other = signed(13, transaction(13, 2, 50_000, other));
    assert!(all_succeeded(&block(&mut state, 2, 10, &[signed(11, body), book(1, 100, "x"), other])));

    set_frozen(&mut state, "a/clock", true);
    assert_eq!(rung(&block(&mut state, 3, 100, &[])), ["other"]);
    let [call] = &waiting(&state)[..] else { panic!() };
    assert_eq!(call.at, BEGIN.plus(100), "it tells when it was due");
    let again = 100 + abi::FROZEN_TRY_MS;
    assert!(state.0.contains_key(&state_key::scheduled(BEGIN.plus(again), 0)));
    set_frozen(&mut state, "a/clock", false);
    assert_eq!(rung(&block(&mut state, 4, again - 1, &[])), [""; 0]);
    assert_eq!(rung(&block(&mut state, 5, again, &[])), ["x"]);
    assert!(waiting(&state).is_empty());
}

#[test]
fn a_call_of_a_contract_that_stays_frozen_fails_in_the_end() {
    let mut state = with_clock();
    assert!(all_succeeded(&block(&mut state, 2, 10, &[book(1, 100, "x")])));
    set_frozen(&mut state, "a/clock", true);
    let next = |state: &State| {
        let key = state.0.keys().find(|key| key.starts_with(&state_key::scheduled_all())).unwrap();
        state_key::scheduled_place(key).unwrap().0.since(BEGIN)
    };
    let (mut tries, mut height) = (Vec::new(), 3);
    let receipts = loop {
        tries.push(next(&state));
        let time = next(&state);
        let receipts = block(&mut state, height, time, &[]);
        if !receipts.is_empty() {
            break receipts;
        }
        height += 1;
    };
    assert_eq!(receipts[0].outcome, Outcome::Trapped { cause: trap::FROZEN });
    assert!(waiting(&state).is_empty());
    assert_eq!(tries.last(), Some(&(100 + abi::FROZEN_KEPT_MS)));
    assert_eq!(tries.len(), 27 + 1, "{tries:?}");
    // None waits for much longer than it has.
    assert!(tries.windows(2).all(|pair| pair[1] - 100 <= abi::FROZEN_TRY_MS.max((pair[0] - 100) / 2) + pair[0] - 100));
}

#[test]
fn it_acts_with_the_roles_that_its_account_had_and_has() {
    for (now, expected) in
        [(Roles::SUBMITTER.with(Roles::ADMIN), Roles::SUBMITTER), (Roles::SUBMITTER, Roles::SUBMITTER)]
    {
        let mut state = with_clock();
        assert!(all_succeeded(&block(&mut state, 2, 10, &[book(1, 100, "x")])));
        let account = account("a/gate", now, &[(70, None)]);
        state.0.insert(state_key::account("a/gate"), codec::encode(&account));
        assert_eq!(block(&mut state, 3, 100, &[])[0].events[0].data, [b'x', expected.0]);
    }
}

#[test]
fn a_failed_transaction_schedules_nothing() {
    let mut state = with_clock();
    // The sixteenth has no gas left.
    let receipts = block(&mut state, 2, 10, &[call(1, "books", booking(100, 30_000_000, "ring", b"x"))]);
    assert_eq!(receipts[0].outcome, Outcome::Trapped { cause: trap::OUT_OF_GAS });
    assert!(waiting(&state).is_empty() && !state.0.contains_key(&state_key::scheduled_next()));
}

#[test]
fn a_quorum_can_decree_that_one_is_not_run() {
    let mut state = with_clock();
    assert!(all_succeeded(&block(&mut state, 2, 10, &[book(1, 100, "x"), book(2, 100, "y")])));
    let id = waiting(&state)[0].id();
    let decree = Override {
        chain: crate::chain::genesis().chain(),
        height: Height(3),
        block: crate::chain::header(3, 100).hash(),
        transaction: id,
        code: 1,
    };
    let signed = SignedOverride::join(&[decree.sign(&key(1)), decree.sign(&key(2)), decree.sign(&key(3))]).unwrap();
    let due: Vec<_> = [0, 1].map(|number| state_key::scheduled(BEGIN.plus(100), number)).into();
    let parameters = crate::chain::genesis().parameters;
    let executed = executed(&state, &parameters, &[signed], Ripe { expired: Vec::new(), due });
    assert_eq!(executed.receipts[0].outcome, Outcome::Rejected(RejectCode::Overridden));
    assert_eq!(rung(&executed.receipts), ["y"]);
}

/// Whatever is booked when, each call runs exactly once, not before its time, and in order.
#[test]
fn each_of_many_runs_exactly_once_and_in_order() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _ in 0..20 {
        let mut state = with_clock();
        let (mut booked, mut heard, mut nonce, mut time) = (Vec::new(), Vec::new(), 0u64, 10);
        for height in 2..40 {
            let mut transactions = Vec::new();
            for _ in 0..random(4) {
                nonce += 1;
                let (at, gas) = (time + 1 + random(300), [SOME, 50_000_000][random(2) as usize]);
                transactions.push(call(nonce, "book", booking(at, gas, "ring", nonce.to_string().as_bytes())));
                booked.push((at, nonce));
            }
            let receipts = block(&mut state, height, time, &transactions);
            assert!(all_succeeded(&receipts));
            heard.extend(rung(&receipts).into_iter().map(|name| (time, name.parse::<u64>().unwrap())));
            time += 1 + random(200);
        }
        while !waiting(&state).is_empty() {
            time += 300;
            heard.extend(
                rung(&block(&mut state, time, time, &[])).into_iter().map(|name| (time, name.parse().unwrap())),
            );
        }
        let due = |nonce: u64| booked.iter().find(|(_, other)| *other == nonce).unwrap().0;
        assert!(heard.iter().all(|(time, nonce)| due(*nonce) <= *time));
        // Within a block they are in order, and what one block left over comes before all that is due later.
        for blocks in heard.chunk_by(|one, other| one.0 == other.0) {
            assert!(blocks.is_sorted_by_key(|(_, nonce)| (due(*nonce), *nonce)));
        }
        let mut once: Vec<u64> = heard.iter().map(|(_, nonce)| *nonce).collect();
        once.sort_unstable();
        assert_eq!(once, (1..=nonce).collect::<Vec<_>>());
    }
}

/// A crowd whose contract `o0/clock` runs, and the time until which it did.
fn crowd() -> Crowd {
    let mut crowd = Crowd::new(4);
    let code = wat::parse_str(CLOCK).unwrap();
    let name = "o0/clock".to_owned();
    let deploy = crowd.submit(Some(Payload::Deploy { name, code, input: Vec::new() })).id();
    assert!(crowd.run(20_000, |crowd| included(crowd, &deploy)), "{}", crowd.describe());
    crowd
}

fn included(crowd: &Crowd, id: &Hash) -> bool {
    crowd.nodes.iter().filter_map(|node| node.replica.as_ref()).all(|replica| {
        let place = replica.reader().locate(id).unwrap();
        place.is_some_and(|(height, _)| replica.certified() >= height)
    })
}

/// Has a call scheduled so many milliseconds ahead; answers its id and time.
fn schedule(crowd: &mut Crowd, ahead: u64, method: &str) -> (Hash, TimestampMs) {
    let at = crowd.now.plus(ahead);
    let input = booking(at.since(BEGIN), 1_000_000, method, b"x");
    let contract = Address::of("o0/clock");
    let transaction = crowd.submit(Some(Payload::Call { contract, method: "book".into(), input })).id();
    assert!(crowd.run(20_000, |crowd| included(crowd, &transaction)), "{}", crowd.describe());
    let reader = crowd.nodes[0].replica().reader();
    assert!(reader.receipt(&transaction).unwrap().unwrap().succeeded());
    (Hash::of_parts(countersign_types::hash::Tag::SCHEDULED, &[&transaction.0, &0u32.to_le_bytes()]), at)
}

#[test]
fn a_block_is_made_when_a_call_is_due_and_no_sooner() {
    let mut crowd = crowd();
    // The heartbeat is three seconds.
    let (id, at) = schedule(&mut crowd, 1_500, "ring");
    let height = crowd.nodes[0].certified();
    let wait = at.since(crowd.now);
    assert!(crowd.run(wait + 500, |crowd| included(crowd, &id)), "{}", crowd.describe());
    let reader = crowd.nodes[0].replica().reader();
    let receipt = reader.receipt(&id).unwrap().unwrap();
    assert!(receipt.succeeded() && reader.header(receipt.height).unwrap().unwrap().time >= at);
    assert!(crowd.nodes[0].certified() <= height.plus(2), "no more blocks than are needed");
    let counters = crowd.nodes[0].replica().counters();
    assert_eq!((counters.scheduled, counters.scheduled_succeeded, counters.scheduled_late_ms), (1, 1, 0));
    assert!(verify(&reader, &crowd.genesis, |_| ()).is_sound());
    replay(&crowd.genesis, &reader);
}

#[test]
fn what_waits_is_run_by_who_starts_again() {
    let mut crowd = crowd();
    let (id, at) = schedule(&mut crowd, 20_000, "ring");
    for index in 0..4 {
        crowd.start(index, None, Vec::new()).unwrap();
    }
    let wait = at.since(crowd.now);
    assert!(!crowd.run(wait - 100, |crowd| included(crowd, &id)));
    assert!(crowd.run(2_000, |crowd| included(crowd, &id)), "{}", crowd.describe());
    // Who was away runs it when it catches up, in the same block.
    let (id, _) = schedule(&mut crowd, 1_000, "ring");
    crowd.nodes[3].replica = None;
    assert!(crowd.run(5_000, |crowd| included(crowd, &id)));
    crowd.start(3, None, Vec::new()).unwrap();
    assert!(crowd.run(20_000, |crowd| included(crowd, &id)), "{}", crowd.describe());
    let height = crowd.nodes[3].replica().reader().locate(&id).unwrap().unwrap().0;
    assert_eq!(crowd.results(height).len(), 1);
    assert!(verify(&crowd.nodes[3].replica().reader(), &crowd.genesis, |_| ()).is_sound());
}

#[test]
fn receipts_of_scheduled_calls_are_brought_again() {
    let mut crowd = crowd();
    let (id, _) = schedule(&mut crowd, 1_000, "ring");
    assert!(crowd.run(5_000, |crowd| included(crowd, &id)));
    let reader = crowd.nodes[3].replica().reader();
    let (height, index) = reader.locate(&id).unwrap().unwrap();
    let transactions = reader.header(height).unwrap().unwrap().transactions;
    assert_eq!((transactions, index), (0, 0), "a block of nothing else");
    let receipts = reader.receipts(height).unwrap();
    assert!(crowd.nodes[3].rot(Space::Receipts, &height.0.to_be_bytes(), 321));
    assert!(reader.receipts(height).is_err());
    assert!(crowd.run(20_000, |crowd| crowd.nodes[3].replica().reader().receipts(height).is_ok()));
    assert_eq!(crowd.nodes[3].replica().reader().receipts(height).unwrap(), receipts);
    assert!(verify(&crowd.nodes[3].replica().reader(), &crowd.genesis, |_| ()).is_sound());
}

#[test]
fn one_that_no_machine_survives_is_passed_by_an_override() {
    let mut crowd = crowd();
    let (id, _) = schedule(&mut crowd, 1_000, "burst");
    (0..4).for_each(|index| crowd.arm(index, true));
    let attempt = crate::poison::halt(&mut crowd, &[0, 1, 2, 3]);
    let signed = crate::poison::signed(&crowd, attempt, id, 7, &[1, 2, 3]);
    for index in 0..4 {
        crowd.start(index, Some(attempt), vec![signed.clone()]).unwrap();
    }
    assert!(crowd.run(60_000, |crowd| included(crowd, &id)), "{}", crowd.describe());
    let reader = crowd.nodes[0].replica().reader();
    assert_eq!(reader.receipt(&id).unwrap().unwrap().outcome, Outcome::Rejected(RejectCode::Overridden));
    assert!(verify(&reader, &crowd.genesis, |_| ()).is_sound());
    replay(&crowd.genesis, &reader);
}
