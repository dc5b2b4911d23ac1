//! A chain that an earlier program made, executed again by this one: who changes what a transaction does, what it
//! costs or how state is hashed would split a running network, and fails here first.
//!
//! `COUNTERSIGN_BLESS=1` makes the chain anew; that is right only together with a new protocol version.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use countersign_client::capture::{Mode, call_payload};
use countersign_epcis::document::parse;
use countersign_epcis::rule::Policy;
use countersign_ledger::MemoryStore;
use countersign_replica::wire::CertifiedBlock;
use countersign_replica::{Replay, ReplayError};
use countersign_tests::chain::Chain;
use countersign_tests::cluster::contract_module;
use countersign_types::account::KeyEntry;
use countersign_types::{
    Account, Gas, Genesis, Height, KeyProof, NativeOperation, Outcome, Payload, Roles, SecretKey, state_key,
};
use countersign_vm::{Vm, VmConfig};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// Every kind of transaction and every way it can end, with real documents in between.
fn make() -> Chain {
    let mut chain = Chain::new().unwrap();
    let counter = chain.deploy("counter", contract_module("counter").unwrap()).unwrap();
    let provenance = chain.deploy("provenance", contract_module("provenance").unwrap()).unwrap();
    let looping = wat::parse_str(
        r#"(module (memory (export "memory") 1) (func (export "run") (loop (br 0))) (func (export "trap") unreachable))"#,
    );
    let looping = chain.deploy("looping", looping.unwrap()).unwrap();
    for (organisation, document) in ["1-farm", "2-packer", "3-distribution", "4-shops"].into_iter().enumerate() {
        let bytes = std::fs::read(data().join(format!("demo/{document}.json"))).unwrap();
        let document = parse(&bytes, Policy::default()).unwrap();
        let events: Vec<Vec<u8>> = document.accepted().map(|event| event.canonical_bytes()).collect();
        // The second time all are duplicates.
        for _ in 0..2 {
            let payload = call_payload(provenance, events.clone(), Mode::Rollback);
            chain.run(&format!("org{organisation}/erp"), payload).unwrap();
        }
    }
    let call = |contract, method: &str, input| Payload::Call { contract, method: method.into(), input };
    let add = |n: u64| call(counter, "add", borsh::to_vec(&n).unwrap());
    let few = chain.sign_with_gas("org1/erp", add(1), Gas(100_000)).unwrap();
    let block = vec![
        chain.sign("org0/erp", add(2)).unwrap(),
        chain.sign("org1/erp", add(u64::MAX)).unwrap(),
        few,
        chain.sign("org2/erp", call(counter, "absent", Vec::new())).unwrap(),
        chain.sign("org2/erp", call(counter, "add", vec![1])).unwrap(),
        chain.sign_with_gas("org2/erp", call(looping, "run", Vec::new()), Gas(20_000_000)).unwrap(),
        chain.sign("org3/erp", call(looping, "trap", Vec::new())).unwrap(),
        chain.sign("org3/erp", Payload::Deploy { name: "org3/x".into(), code: vec![0], input: Vec::new() }).unwrap(),
    ];
    chain.block(block).unwrap();
    let key = SecretKey::from_seed(&[7; 32]);
    let account = Account {
        id: "org1/scanner".parse().unwrap(),
        roles: Roles::SUBMITTER,
        keys: vec![KeyEntry { key: key.public(), valid_from: Height(1), valid_to: Some(Height(1_000)) }],
        attributes: std::collections::BTreeMap::new(),
    };
    let proofs = vec![KeyProof::new(&key, &chain.genesis().chain(), &account.id)];
    let put = Payload::Native(NativeOperation::PutAccount { account, proofs });
    for signer in ["org1/admin", "org2/admin"] {
        chain.run(signer, put.clone()).unwrap();
    }
    chain.block(Vec::new()).unwrap();
    chain
}

fn blocks(chain: &Chain) -> Vec<CertifiedBlock> {
    let reader = chain.reader();
    (1..=chain.height().0).map(|height| CertifiedBlock::read(&reader, Height(height)).unwrap().unwrap()).collect()
}

fn stored() -> (Genesis, Vec<CertifiedBlock>) {
    static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let path = data().join("chain.bin");
        if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
            let chain = make();
            std::fs::write(&path, borsh::to_vec(&(chain.genesis(), blocks(&chain))).unwrap()).unwrap();
        }
        std::fs::read(path).unwrap()
    });
    borsh::from_slice(&BYTES).unwrap()
}

#[test]
fn the_stored_chain_gives_the_certified_results() {
    let (genesis, blocks) = stored();
    let vm = Vm::new(VmConfig::default()).unwrap();
    let mut replay = Replay::begin(MemoryStore::new(), &genesis, &vm).unwrap();
    let count = blocks.len();
    for block in blocks {
        replay.block(block).unwrap();
    }
    // It is the chain it should be: ways to end that differ, and state that is more than the genesis'.
    let reader = replay.reader();
    let receipts: Vec<_> = (1..=count).flat_map(|height| reader.receipts(Height(height as u64)).unwrap()).collect();
    let ended = |wanted: fn(&Outcome) -> bool| receipts.iter().filter(|receipt| wanted(&receipt.outcome)).count();
    assert!(ended(|outcome| matches!(outcome, Outcome::Succeeded { .. })) >= 12, "{receipts:?}");
    assert!(ended(|outcome| matches!(outcome, Outcome::Trapped { .. })) >= 3, "{receipts:?}");
    assert!(ended(|outcome| matches!(outcome, Outcome::Rejected { .. })) >= 2, "{receipts:?}");
    assert!(receipts.iter().any(|receipt| !receipt.events.is_empty()));
    assert!(reader.read(&state_key::account("org1/scanner")).unwrap().is_some());
}

#[test]
fn another_result_is_noticed_where_it_happens() {
    let (genesis, mut blocks) = stored();
    let vm = Vm::new(VmConfig::default()).unwrap();
    let mut replay = Replay::begin(MemoryStore::new(), &genesis, &vm).unwrap();
    blocks[4].result.receipts_root = countersign_types::Hash::ZERO;
    let mut outcomes = blocks.into_iter().map(|block| replay.block(block));
    assert!(outcomes.by_ref().take(4).all(|outcome| outcome.is_ok()));
    match outcomes.next().unwrap() {
        Err(ReplayError::Differs { height, parts }) => assert_eq!((height, parts), (Height(5), vec!["receiptsRoot"])),
        other => panic!("{other:?}"),
    }
}

#[test]
fn other_transactions_than_a_block_names_are_refused() {
    let (genesis, mut blocks) = stored();
    let vm = Vm::new(VmConfig::default()).unwrap();
    let mut replay = Replay::begin(MemoryStore::new(), &genesis, &vm).unwrap();
    blocks[0].transactions.clear();
    let refused = replay.block(blocks.remove(0)).unwrap_err();
    assert!(matches!(refused, ReplayError::Transactions { height: Height(1) }), "{refused}");
}
