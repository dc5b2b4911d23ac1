//! A small chain made by hand: four validators, a provenance contract's registers after three
//! events, and proof files over them. Shared with the command's tests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code)]

use countersign_epcis::Identifier;
use countersign_epcis::document::parse;
use countersign_epcis::register::{Submission, Writer, capture, key};
use countersign_epcis::rule::Policy;
use countersign_types::hash::sha256;
use countersign_types::log::{LogRecord, range_of};
use countersign_types::proof::{Anchor, Entry, Log, Proof, Subject, VERSION};
use countersign_types::state::{Step, Witness, bit, leaf_hash, node_hash, path, value_hash};
use countersign_types::{
    Account, Address, Certificate, Epoch, ExecutionResult, Genesis, Hash, Header, Height, KeyEntry, Organisation,
    Parameters, Phase, PublicKey, Roles, SecretKey, TimestampMs, Validator, ValidatorSet, View, encode, state_key,
};
use std::collections::BTreeMap;

pub const ITEM: &str = "urn:epc:id:sgtin:9521321.000001.s1";
pub const CASE: &str = "urn:epc:id:sscc:9521321.0000000001";

pub const DOCUMENT: &str = r#"{
 "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
 "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-07-01T00:00:00Z",
 "epcisBody": {"eventList": [
  {"type": "ObjectEvent", "eventID": "urn:uuid:00000000-0000-4000-8000-000000000001",
   "eventTime": "2026-05-01T08:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "ADD",
   "epcList": ["urn:epc:id:sgtin:9521321.000001.s1"], "bizStep": "commissioning",
   "bizLocation": {"id": "urn:epc:id:sgln:9521321.00001.0"}},
  {"type": "AggregationEvent", "eventID": "urn:uuid:00000000-0000-4000-8000-000000000002",
   "eventTime": "2026-05-01T09:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "ADD",
   "parentID": "urn:epc:id:sscc:9521321.0000000001", "childEPCs": ["urn:epc:id:sgtin:9521321.000001.s1"],
   "bizStep": "packing"},
  {"type": "ObjectEvent", "eventID": "urn:uuid:00000000-0000-4000-8000-000000000003",
   "eventTime": "2026-05-01T10:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
   "epcList": ["urn:epc:id:sscc:9521321.0000000001"], "bizStep": "receiving",
   "bizLocation": {"id": "urn:epc:id:sgln:9521321.00010.0"}}
 ]}}"#;

/// The registers, as the contract writes them.
#[derive(Default)]
pub struct Registers {
    pub entries: BTreeMap<Vec<u8>, Vec<u8>>,
    pub logs: BTreeMap<Vec<u8>, Vec<LogRecord>>,
}

impl Writer for Registers {
    fn read(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        self.entries.get(key).cloned()
    }
    fn write(&mut self, key: &[u8], value: &[u8]) {
        self.entries.insert(key.to_vec(), value.to_vec());
    }
    fn log_append(&mut self, key: &[u8], entry: &[u8]) {
        let record = LogRecord {
            height: Height(7),
            time: TimestampMs(1_777_777_000_000),
            transaction: Hash([3; 32]),
            signer: secret(90).public(),
            entry: entry.to_vec(),
        };
        self.logs.entry(key.to_vec()).or_default().push(record);
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

pub fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub fn genesis() -> Genesis {
    let validator = |number: u8| Validator {
        organisation: "acme".into(),
        key: secret(number).public(),
        network_key: secret(number + 50).public(),
    };
    Genesis {
        network: "sample".into(),
        time: TimestampMs(1_777_000_000_000),
        parameters: Parameters::default(),
        validators: ValidatorSet::new((1..=4).map(validator).collect()).unwrap(),
        organisations: vec![Organisation { id: "acme".into(), name: "Acme".into(), gln: None }],
        accounts: vec![Account {
            id: "acme/admin".parse().unwrap(),
            roles: Roles::ADMIN.with(Roles::SUBMITTER),
            keys: vec![KeyEntry { key: secret(90).public(), valid_from: Height(0), valid_to: None }],
        }],
    }
}

pub fn contract() -> Address {
    Address::of("acme/provenance")
}

/// The registers after [`DOCUMENT`].
pub fn registers() -> Registers {
    let mut registers = Registers::default();
    let by = Submission { account: "acme/admin".into(), height: 7, time_ms: 1_777_777_000_000, transaction: [3; 32] };
    for event in parse(DOCUMENT.as_bytes(), Policy::Strict).unwrap().events {
        let captured = capture(&mut registers, &event.unwrap(), &by, Policy::Strict).unwrap();
        assert!(!captured.duplicate);
    }
    registers
}

/// A proof that carries all registers, so that any question about them can be found again.
pub fn proof(query: &str, item: &str) -> Proof {
    proof_signed_by(&[0, 1, 2], query, item)
}

/// The same, its certificate signed by the validators at these indexes.
pub fn proof_signed_by(signers: &[u16], query: &str, item: &str) -> Proof {
    let (genesis, registers, contract) = (genesis(), registers(), contract());
    let chain = genesis.chain();
    let mut state: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for (key, value) in &registers.entries {
        state.insert(state_key::storage(&contract, key), value.clone());
    }
    for (key, records) in &registers.logs {
        state.insert(state_key::log(&contract, key), encode(&range_of(&contract, key, records)));
    }
    let mut leaves: Vec<(Hash, Hash)> = state.iter().map(|(key, value)| (path(key), value_hash(value))).collect();
    leaves.sort();
    let (state_root, steps) = tree(&leaves, 0);
    let header = Header {
        chain,
        height: Height(7),
        epoch: Epoch(0),
        view: View(9),
        parent: Hash([1; 32]),
        time: TimestampMs(1_777_777_000_000),
        proposer: 0,
        validators: genesis.validators.hash(),
        transactions_root: Hash::ZERO,
        transactions: 0,
        result: Hash::ZERO,
    };
    let result = ExecutionResult {
        height: Height(7),
        block: header.hash(),
        state_root,
        receipts_root: Hash::ZERO,
        events_root: Hash::ZERO,
        next_validators: genesis.validators.hash(),
        range_root: Hash::ZERO,
        overrides: Hash::ZERO,
    };
    let mut certificate = Certificate {
        phase: Phase::Checkpoint,
        epoch: Epoch(0),
        number: 7,
        digest: result.hash(),
        signatures: Vec::new(),
    };
    let statement = certificate.statement(chain, genesis.validators.hash());
    for signer in signers {
        let key = secret(u8::try_from(*signer).unwrap() + 1);
        certificate.signatures.push((*signer, statement.sign(&key)));
    }
    // What the walk asks for and is not there is proven absent.
    let entries = registers
        .entries
        .iter()
        .map(|(key, value)| Entry { key: state_key::storage(&contract, key), value: Some(value.clone()) })
        .chain(absent(&registers, &contract))
        .collect();
    let logs = registers
        .logs
        .iter()
        .map(|(key, records)| Log {
            contract,
            key: key.clone(),
            records: records.iter().cloned().map(Into::into).collect(),
        })
        .chain(unwritten(item).map(|key| Log { contract, key, records: Vec::new() }))
        .collect();
    Proof {
        epochs: Vec::new(),
        version: VERSION,
        chain,
        subject: Subject::Trace { contract, query: query.into(), item: item.into() },
        anchor: Anchor { header, result, certificate },
        entries,
        logs,
        witness: Witness(steps),
    }
}

/// Logs that were never written: of an identifier that nothing names, and of the item's anomalies.
fn unwritten(item: &str) -> [Vec<u8>; 2] {
    let item = Identifier::parse(item).unwrap();
    [b"x:urn:nobody".to_vec(), key::anomalies(item.canonical(), sha256)]
}

/// Objects that were never written, for every identifier that has a log.
fn absent(registers: &Registers, contract: &Address) -> Vec<Entry> {
    let object = |key: &Vec<u8>| [b"o".as_slice(), &key[1..]].concat();
    let keys = registers.logs.keys().filter(|key| key[0] == b'x').map(object);
    keys.filter(|key| !registers.entries.contains_key(key))
        .map(|key| Entry { key: state_key::storage(contract, &key), value: None })
        .collect()
}

/// The whole tree over sorted leaves, and its root.
fn tree(leaves: &[(Hash, Hash)], depth: usize) -> (Hash, Vec<Step>) {
    match leaves {
        [] => (Hash::ZERO, vec![Step::Empty]),
        [(path, value)] => (leaf_hash(path, value), vec![Step::Leaf { path: *path, value: *value }]),
        _ => {
            let middle = leaves.partition_point(|(path, _)| !bit(path, depth));
            let (left, left_steps) = tree(&leaves[..middle], depth + 1);
            let (right, right_steps) = tree(&leaves[middle..], depth + 1);
            (node_hash(&left, &right), [vec![Step::Node], left_steps, right_steps].concat())
        }
    }
}

/// A key that no account has.
pub fn stranger() -> PublicKey {
    secret(200).public()
}
