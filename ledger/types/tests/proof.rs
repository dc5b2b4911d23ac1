//! A proof file verifies, and no field of it can change.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use countersign_types::account::KeyEntry;
use countersign_types::hash::Hash;
use countersign_types::log::{LogRecord, range_of};
use countersign_types::proof::{Anchor, BadProof, Entry, Log, Proof, Subject, VERSION};
use countersign_types::state::{Step, Witness, bit, leaf_hash, node_hash, path, value_hash};
use countersign_types::vote::{Phase, VoteStatement};
use countersign_types::{
    Account, Address, Certificate, Epoch, ExecutionResult, Genesis, Header, Height, Organisation, Parameters, Roles,
    SecretKey, TimestampMs, Validator, ValidatorSet, View, codec, state_key,
};
use serde_json::Value;

fn keys() -> Vec<SecretKey> {
    (1..=4).map(|seed| SecretKey::from_seed(&[seed; 32])).collect()
}

fn contract() -> Address {
    Address::of("farm/provenance")
}

fn genesis() -> Genesis {
    let validators = keys().into_iter().zip(11..).map(|(key, seed)| Validator {
        organisation: "farm".into(),
        key: key.public(),
        network_key: SecretKey::from_seed(&[seed; 32]).public(),
    });
    Genesis {
        network: "test".into(),
        time: TimestampMs(1),
        parameters: Parameters::default(),
        validators: ValidatorSet::new(validators.collect()).unwrap(),
        organisations: vec![Organisation { id: "farm".into(), name: "Farm".into(), gln: None }],
        accounts: vec![Account {
            id: "farm/erp".parse().unwrap(),
            roles: Roles::SUBMITTER,
            keys: vec![KeyEntry {
                key: SecretKey::from_seed(&[50; 32]).public(),
                valid_from: Height::ZERO,
                valid_to: None,
            }],
        }],
    }
}

fn records() -> Vec<LogRecord> {
    (0..5u8)
        .map(|index| LogRecord {
            height: Height(2),
            time: TimestampMs(5),
            transaction: Hash([index; 32]),
            signer: SecretKey::from_seed(&[50; 32]).public(),
            entry: vec![index; 3],
        })
        .collect()
}

fn whole(leaves: &[(Hash, Hash)], depth: usize, steps: &mut Vec<Step>) -> Hash {
    match leaves {
        [] => {
            steps.push(Step::Empty);
            Hash::ZERO
        }
        [(path, value)] => {
            steps.push(Step::Leaf { path: *path, value: *value });
            leaf_hash(path, value)
        }
        _ => {
            steps.push(Step::Node);
            let (right, left): (Vec<_>, Vec<_>) = leaves.iter().copied().partition(|(path, _)| bit(path, depth));
            let left = whole(&left, depth + 1, steps);
            let right = whole(&right, depth + 1, steps);
            node_hash(&left, &right)
        }
    }
}

fn proof() -> Proof {
    let genesis = genesis();
    let range = codec::encode(&range_of(&contract(), b"all", &records()));
    let state = [
        (state_key::storage(&contract(), b"holder"), b"farm".to_vec()),
        (state_key::storage(&contract(), b"lot"), b"L-1".to_vec()),
        (state_key::log(&contract(), b"all"), range),
    ];
    let leaves: Vec<(Hash, Hash)> = state.iter().map(|(key, value)| (path(key), value_hash(value))).collect();
    let mut steps = Vec::new();
    let state_root = whole(&leaves, 0, &mut steps);
    let header = Header {
        chain: genesis.chain(),
        height: Height(3),
        epoch: Epoch(0),
        view: View(4),
        parent: Hash([1; 32]),
        time: TimestampMs(10),
        proposer: 0,
        validators: genesis.validators.hash(),
        transactions_root: Hash([2; 32]),
        transactions: 9,
        result: Hash::ZERO,
    };
    let result = ExecutionResult {
        height: Height(3),
        block: header.hash(),
        state_root,
        receipts_root: Hash([3; 32]),
        events_root: Hash([4; 32]),
        next_validators: genesis.validators.hash(),
        range_root: Hash([5; 32]),
    };
    let certificate = certify(&genesis, Phase::Checkpoint, &result, &[0, 2, 3]);
    let entry = |key: &[u8], value: Option<&[u8]>| Entry {
        key: state_key::storage(&contract(), key),
        value: value.map(<[u8]>::to_vec),
    };
    Proof {
        epochs: Vec::new(),
        version: VERSION,
        chain: genesis.chain(),
        subject: Subject::State,
        anchor: Anchor { header, result, certificate },
        entries: vec![entry(b"holder", Some(b"farm")), entry(b"lot", Some(b"L-1")), entry(b"owner", None)],
        logs: vec![
            Log {
                contract: contract(),
                key: b"all".to_vec(),
                records: records().into_iter().map(Into::into).collect(),
            },
            Log { contract: contract(), key: b"none".to_vec(), records: vec![] },
        ],
        witness: Witness(steps),
    }
}

fn certify(genesis: &Genesis, phase: Phase, result: &ExecutionResult, signers: &[u16]) -> Certificate {
    let statement = VoteStatement {
        chain: genesis.chain(),
        epoch: Epoch(0),
        validators: genesis.validators.hash(),
        phase,
        number: result.height.0,
        digest: result.hash(),
    };
    let signatures =
        signers.iter().map(|signer| (*signer, statement.sign(&keys()[usize::from(*signer) % 4]))).collect();
    Certificate { phase, epoch: Epoch(0), number: result.height.0, digest: result.hash(), signatures }
}

#[test]
fn it_verifies_and_answers_what_it_covers() {
    let proven = proof().verify(&genesis()).unwrap();
    assert_eq!((proven.height, proven.time, proven.block), (Height(3), TimestampMs(10), proof().anchor.header.hash()));
    let key = |name: &[u8]| state_key::storage(&contract(), name);
    assert_eq!(proven.entry(&key(b"holder")), Some(Some(b"farm".as_slice())));
    assert_eq!(proven.entry(&key(b"owner")), Some(None));
    assert_eq!(proven.entry(&key(b"unasked")), None);
    assert_eq!(proven.log(&contract(), b"all").unwrap(), records());
    assert_eq!(proven.log(&contract(), b"none").unwrap(), []);
    assert_eq!(proven.log(&contract(), b"unasked"), None);
}

/// Every other value that a scalar of the file can be changed to.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let mut changed = vec![Value::Null, format!("{text}00").into(), "".into()];
            for at in 0..text.len() {
                let digit = if &text[at..=at] == "0" { "1" } else { "0" };
                if at % 4 == 0 || at + 1 == text.len() {
                    changed.push(format!("{}{digit}{}", &text[..at], &text[at + 1..]).into());
                }
            }
            changed
        }
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            vec![(number + 1).into(), number.wrapping_sub(1).into(), Value::Null]
        }
        Value::Null => vec!["0x".into(), "0x00".into()],
        _ => vec![],
    }
}

/// Every file that differs from this one in one value, or in one element left out or doubled.
fn damaged(value: &Value) -> Vec<Value> {
    let mut all = changed(value);
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                for other in damaged(field) {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), other);
                    all.push(Value::Object(fields));
                }
                let mut fields = fields.clone();
                fields.remove(name);
                all.push(Value::Object(fields.clone()));
                fields.insert(format!("{name}x"), field.clone());
                all.push(Value::Object(fields));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for other in damaged(item) {
                    let mut items = items.clone();
                    items[index] = other;
                    all.push(items.into());
                }
            }
        }
        _ => {}
    }
    all
}

/// The proof was changed, yet verifies: it may only say less or the same.
fn says_nothing_new(other: &Proof, genesis: &Genesis) -> bool {
    let Ok(proven) = other.verify(genesis) else { return true };
    let truth = proof().verify(genesis).unwrap();
    let same_point = (proven.height, proven.time, proven.block) == (truth.height, truth.time, truth.block);
    same_point && proven.entries().all(|(key, value)| truth.entry(key) == Some(value) || value.is_none())
}

#[test]
fn no_field_can_change() {
    let genesis = genesis();
    let file = serde_json::to_value(proof()).unwrap();
    let (mut refused, mut accepted) = (0, Vec::new());
    for other in damaged(&file) {
        match serde_json::from_value::<Proof>(other) {
            Err(_) => refused += 1,
            Ok(other) if other == proof() => {}
            Ok(other) if other.verify(&genesis).is_err() => refused += 1,
            Ok(other) => accepted.push(other),
        }
    }
    assert!(refused > 1000, "{refused}");
    // What may differ: the question asked (the answer is found again), and the key of an entry or
    // log that is proven absent, as long as the new one is absent as well.
    for other in accepted {
        assert!(says_nothing_new(&other, &genesis), "{other:?}");
        let same = Proof { subject: Subject::State, entries: vec![], logs: vec![], ..other.clone() };
        let base = Proof { entries: vec![], logs: vec![], ..proof() };
        assert_eq!(same, base, "the anchor and the witness cannot change");
        for (found, original) in other.entries.iter().zip(proof().entries) {
            assert!(*found == original || original.value.is_none(), "{found:?}");
        }
        for (found, original) in other.logs.iter().zip(proof().logs) {
            assert!(*found == original || original.records.is_empty(), "{found:?}");
        }
    }
}

#[test]
fn logs_must_be_whole_and_in_order() {
    let genesis = genesis();
    let mut change: Vec<fn(&mut Log)> = Vec::new();
    change.push(|log| drop(log.records.pop()));
    change.push(|log| drop(log.records.remove(0)));
    change.push(|log| log.records.swap(1, 2));
    change.push(|log| log.records.clear());
    change.push(|log| log.records.push(log.records[0].clone()));
    change.push(|log| log.key = b"other".to_vec());
    change.push(|log| log.contract = Address([1; 32]));
    for change in change {
        let mut proof = proof();
        change(&mut proof.logs[0]);
        assert!(matches!(proof.verify(&genesis), Err(BadProof::Log { index: 0 } | BadProof::Witness(_))));
    }
}

#[test]
fn certificates_must_be_a_quorum_of_the_genesis_for_this_result() {
    let genesis = genesis();
    let with = |certificate: Certificate| {
        let mut proof = proof();
        proof.anchor.certificate = certificate;
        proof.verify(&genesis).map(|_| ())
    };
    let result = proof().anchor.result;
    assert_eq!(with(certify(&genesis, Phase::Checkpoint, &result, &[0, 1, 2, 3])), Ok(()));
    for signers in [&[0, 1][..], &[0, 0, 1], &[1, 0, 2], &[0, 1, 4], &[0, 1, 2, 3, 4], &[]] {
        let refused = with(certify(&genesis, Phase::Checkpoint, &result, signers));
        assert!(matches!(refused, Err(BadProof::Certificate(_))), "{signers:?}: {refused:?}");
    }
    for phase in [Phase::PrePrepare, Phase::Prepare, Phase::Commit, Phase::ViewChange] {
        let refused = with(certify(&genesis, phase, &result, &[0, 1, 2]));
        assert_eq!(refused, Err(BadProof::Anchor("the certificate")));
    }
    let other = ExecutionResult { state_root: Hash([9; 32]), ..result.clone() };
    let refused = with(certify(&genesis, Phase::Checkpoint, &other, &[0, 1, 2]));
    assert_eq!(refused, Err(BadProof::Anchor("the certificate")));
    let foreign = Genesis { network: "other".into(), ..genesis.clone() };
    let refused = with(certify(&foreign, Phase::Checkpoint, &result, &[0, 1, 2]));
    assert!(matches!(refused, Err(BadProof::Certificate(_))));
    assert!(matches!(proof().verify(&foreign), Err(BadProof::Chain { .. })));
    assert!(matches!(Proof { version: 2, ..proof() }.verify(&genesis), Err(BadProof::Version(2))));
}
