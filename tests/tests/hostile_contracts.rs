//! A contract that means harm costs its sender gas and nobody else anything: receipts with the cause, no state, and
//! a block whose other transactions are as they would have been.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use countersign_abi::trap;
use countersign_client::verify::{Trusted, verify};
use countersign_ledger::{Blocks, prove_state};
use countersign_replica::execute::intrinsic_gas;
use countersign_tests::chain::Chain;
use countersign_tests::cluster::contract_module;
use countersign_types::{Address, Gas, Outcome, Payload, RejectCode, state_key};

/// A module whose method `run` first writes an entry, a log line and an event, and then does `body`.
fn module(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "countersign" "storage_write" (func $write (param i32 i32 i32 i32)))
            (import "countersign" "log_append" (func $append (param i32 i32 i32 i32) (result i64)))
            (import "countersign" "fail" (func $fail (param i32 i32 i32)))
            (memory (export "memory") 1 512)
            (data (i32.const 0) "left")
            (func $deeper (call $deeper))
            (func (export "run") (local $n i32)
                (call $write (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4))
                (drop (call $append (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4)))
                {body})
            (func (export "harmless")
                (call $write (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4))))"#
    );
    wat::parse_str(text).unwrap()
}

fn call(contract: Address, method: &str, input: Vec<u8>) -> Payload {
    Payload::Call { contract, method: method.into(), input }
}

const GAS: Gas = Gas(50_000_000);

/// What ends it, and whether it takes all the gas it was given.
fn cases() -> Vec<(&'static str, &'static str, Outcome, bool)> {
    let trapped = |cause| Outcome::Trapped { cause };
    vec![
        ("loops", "(loop (br 0))", trapped(trap::OUT_OF_GAS), true),
        ("grows memory", "(loop (drop (memory.grow (i32.const 1))) (br 0))", trapped(trap::OUT_OF_GAS), true),
        (
            "grows memory at once and touches the end",
            "(drop (memory.grow (i32.const 511))) (i32.store (i32.const 33554432) (i32.const 1))",
            trapped(trap::MEMORY_OUT_OF_BOUNDS),
            false,
        ),
        ("recurses", "(call $deeper)", trapped(trap::STACK_OVERFLOW), false),
        ("traps", "unreachable", trapped(trap::UNREACHABLE), false),
        (
            "fills the state",
            "(loop
                (i32.store (i32.const 8) (local.get $n))
                (call $write (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 32768))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br 0))",
            trapped(trap::OUT_OF_GAS),
            true,
        ),
        (
            "fails",
            "(call $fail (i32.const 7) (i32.const 0) (i32.const 4))",
            Outcome::Failed { code: 7, error: b"left".to_vec() },
            false,
        ),
    ]
}

#[test]
fn whoever_harms_pays_and_leaves_nothing() {
    let mut chain = Chain::new().unwrap();
    let counter = chain.deploy("counter", contract_module("counter").unwrap()).unwrap();
    for (total, (index, (name, body, outcome, all))) in (1u64..).zip(cases().into_iter().enumerate()) {
        let contract = chain.deploy(&format!("c{index}"), module(body)).unwrap();
        let add = |chain: &mut Chain| chain.sign("org1/erp", call(counter, "add", 1u64.to_le_bytes().into())).unwrap();
        let first = add(&mut chain);
        let harm = chain.sign_with_gas("org2/erp", call(contract, "run", Vec::new()), GAS).unwrap();
        let intrinsic = intrinsic_gas(&harm);
        let last = add(&mut chain);
        let receipts = chain.block(vec![first, harm, last]).unwrap();

        assert_eq!(receipts[1].outcome, outcome, "{name}");
        assert!(receipts[1].events.is_empty(), "{name}");
        assert!(receipts[1].gas_used.0 > intrinsic && receipts[1].gas_used <= GAS, "{name}");
        assert_eq!(receipts[1].gas_used == GAS, all, "{name} used {:?}", receipts[1].gas_used);
        // The honest transactions before and after it in the block are as without it.
        let totals = [2 * total - 1, 2 * total].map(|total| Outcome::Succeeded { output: total.to_le_bytes().into() });
        assert_eq!([receipts[0].outcome.clone(), receipts[2].outcome.clone()], totals, "{name}");
        assert!(receipts[0].gas_used.0 < 1_000_000, "{:?}", receipts[0].gas_used);

        let reader = chain.reader();
        let (key, log) = (state_key::storage(&contract, b"left"), state_key::log(&contract, b"left"));
        assert_eq!((reader.read(&key).unwrap(), reader.read(&log).unwrap()), (None, None), "{name}");
        // Its absence can be proven.
        let keys = [key.clone(), log].into();
        let proof = prove_state(&reader, Blocks::at(chain.height()), &keys).unwrap();
        let _ = verify(&proof, &Trusted::from(chain.genesis())).unwrap();

        // The same contract, unharmful, does leave something: the check above can fail.
        let receipt = chain.run("org2/erp", call(contract, "harmless", Vec::new())).unwrap();
        assert_eq!(receipt.outcome, Outcome::Succeeded { output: Vec::new() });
        assert_eq!(chain.reader().read(&key).unwrap(), Some(b"left".to_vec()));
    }
}

#[test]
fn what_no_contract_is_asked_costs_its_bytes_and_the_check_of_its_code() {
    let mut chain = Chain::new().unwrap();
    let counter = chain.deploy("counter", contract_module("counter").unwrap()).unwrap();
    let add = |contract| call(contract, "add", 1u64.to_le_bytes().into());
    let deploy = |name: &str, code: Vec<u8>| Payload::Deploy { name: name.into(), code, input: Vec::new() };
    let code = contract_module("counter").unwrap();
    let cases = [
        ("org1/erp", add(Address([9; 32])), RejectCode::NoContract),
        ("org1/admin", add(counter), RejectCode::Forbidden),
        ("org9/erp", add(counter), RejectCode::UnknownSigner),
        ("org1/erp", deploy("org1/counter", code.clone()), RejectCode::Forbidden),
        ("org1/admin", deploy("org0/other", code.clone()), RejectCode::BadName),
        ("org0/admin", deploy("org0/counter", code.clone()), RejectCode::NameTaken),
        ("org0/admin", deploy("org0/broken", code[..code.len() / 2].to_vec()), RejectCode::BadCode),
        (
            "org0/admin",
            deploy("org0/foreign", wat::parse_str("(module (import \"env\" \"clock\" (func)))").unwrap()),
            RejectCode::BadCode,
        ),
    ];
    for (account, payload, code) in cases {
        // Checking a module, and that nodes compile it as it comes, is paid for whatever comes out.
        let checking = match (&payload, code) {
            (_, RejectCode::Forbidden) => 0,
            (payload, _) => payload.code().map_or(0, |code| chain.vm().deploy_gas(code.len())),
        };
        let transaction = chain.sign(account, payload).unwrap();
        let intrinsic = intrinsic_gas(&transaction) + checking;
        let receipt = chain.block(vec![transaction]).unwrap().remove(0);
        assert_eq!(receipt.outcome, Outcome::Rejected(code), "{account}");
        assert_eq!(receipt.gas_used, Gas(intrinsic), "{account}: {code:?}");
    }
    // A method that is not there, one that only deployment runs, and arguments that are none.
    for (method, input) in [("nowhere", vec![]), ("init", vec![]), ("add", vec![1])] {
        let receipt = chain.run("org1/erp", call(counter, method, input)).unwrap();
        match (method, receipt.outcome) {
            ("add", Outcome::Failed { .. }) => {}
            (_, Outcome::Trapped { cause }) => assert_eq!(cause, trap::METHOD_NOT_FOUND, "{method}"),
            (_, other) => panic!("{method}: {other:?}"),
        }
    }
    let view = chain.view(counter, "total", Vec::new());
    let reader = chain.reader();
    let header = reader.header(chain.height()).unwrap().unwrap();
    let outcome = view.run(chain.vm(), chain.genesis().chain(), &reader, &header).unwrap();
    assert_eq!(outcome.status, countersign_vm::Status::Succeeded { output: 0u64.to_le_bytes().into() });
}

#[test]
fn a_transaction_runs_once() {
    let mut chain = Chain::new().unwrap();
    let counter = chain.deploy("counter", contract_module("counter").unwrap()).unwrap();
    let add = chain.sign("org1/erp", call(counter, "add", 1u64.to_le_bytes().into())).unwrap();
    let receipts = chain.block(vec![add.clone()]).unwrap();
    assert_eq!(receipts[0].outcome, Outcome::Succeeded { output: 1u64.to_le_bytes().into() });
    let again = chain.block(vec![add]).unwrap().remove(0);
    assert_eq!((again.outcome, again.gas_used), (Outcome::Rejected(RejectCode::Duplicate), Gas(0)));
}
