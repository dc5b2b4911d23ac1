//! Proof files that lead over a restart order, changed in every way: what makes the order is refused or says the same.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "refusals/changes.rs"]
#[allow(dead_code)]
mod changes;
#[path = "support/sample.rs"]
mod sample;

use changes::structures;
use countersign_types::account::KeyEntry;
use countersign_types::merkle;
use countersign_types::proof::{Anchor, Entry, Proof, Subject, Trusted, VERSION};
use countersign_types::restart::AdminSignature;
use countersign_types::vote::VoteStatement;
use countersign_types::{
    Account, Certificate, DeployPolicy, Epoch, EpochEnd, EpochState, ExecutionResult, Genesis, Hash, Header, Height,
    Organisation, Phase, Restart, RestartOrder, Roles, Rules, SecretKey, TimestampMs, Validator, ValidatorSet, View,
    encode, state_key,
};
use countersign_verify::{Finding, Verified, read, verify};
use sample::{secret, witness};
use std::collections::{BTreeMap, BTreeSet};

const ORGANISATIONS: [&str; 4] = ["farm", "packer", "port", "shop"];

fn set(keys: [u8; 4]) -> ValidatorSet {
    let validator = |(organisation, number): (&str, u8)| Validator {
        organisation: organisation.into(),
        key: secret(number).public(),
        network_key: secret(number + 50).public(),
    };
    ValidatorSet::new(ORGANISATIONS.into_iter().zip(keys).map(validator).collect()).unwrap()
}

const OLD: [u8; 4] = [1, 2, 3, 4];
const NEW: [u8; 4] = [1, 2, 5, 6];

/// The admin of an organisation, and one of the last that is none.
fn accounts() -> Vec<Account> {
    let account = |(number, id): (u8, String), roles| Account {
        id: id.parse().unwrap(),
        roles,
        keys: vec![KeyEntry { key: admin(number).public(), valid_from: Height(0), valid_to: None }],
        attributes: std::collections::BTreeMap::new(),
    };
    let admins = (0..).zip(ORGANISATIONS).map(|(number, organisation)| (number, format!("{organisation}/admin")));
    let mut all: Vec<Account> = admins.map(|named| account(named, Roles::ADMIN)).collect();
    all.push(account((4, "shop/erp".into()), Roles::SUBMITTER));
    all
}

fn admin(number: u8) -> SecretKey {
    secret(90 + number)
}

fn genesis() -> Genesis {
    let organisation = |id: &str| Organisation::new(id, id);
    Genesis {
        network: "orders".into(),
        time: TimestampMs(1_700_000_000_000),
        parameters: countersign_types::Parameters::default(),
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: set(OLD),
        organisations: ORGANISATIONS.map(organisation).into(),
        accounts: accounts().into_iter().filter(|account| account.roles.has_any(Roles::ADMIN)).collect(),
    }
}

/// The state at every height: what an order needs and a key that is asked about.
fn state(epoch: u64) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut state = BTreeMap::from([
        (state_key::epoch(), encode(&EpochState { epoch: Epoch(epoch), origin: Height(0), change: None })),
        (state_key::validators(), encode(&set(OLD))),
        (b"asked".to_vec(), b"answer".to_vec()),
    ]);
    for id in ORGANISATIONS {
        let organisation = Organisation::new(id, id);
        state.insert(state_key::organisation(id), encode(&organisation));
    }
    for account in accounts() {
        state.insert(state_key::account(account.id.as_str()), encode(&account));
    }
    state
}

fn block(height: u64, epoch: u64, keys: [u8; 4]) -> (Header, ExecutionResult, Certificate) {
    let chain = genesis().chain();
    let header = Header {
        chain,
        height: Height(height),
        epoch: Epoch(epoch),
        view: View(height),
        parent: chain,
        time: TimestampMs(1_700_000_000_000 + height),
        proposer: 0,
        validators: set(keys).hash(),
        transactions_root: merkle::root(&[]),
        transactions: 0,
        result: Hash::ZERO,
    };
    let result = ExecutionResult {
        height: Height(height),
        block: header.hash(),
        state_root: witness(&state(0), &[]).1,
        receipts_root: merkle::root(&[]),
        events_root: merkle::root(&[]),
        next_validators: set(keys).hash(),
        range_root: Hash([u8::try_from(height).unwrap(); 32]),
        overrides: Hash::ZERO,
    };
    let statement = VoteStatement {
        chain,
        epoch: Epoch(epoch),
        validators: set(keys).hash(),
        phase: Phase::Checkpoint,
        number: height,
        digest: result.hash(),
    };
    let signatures = (0..3).map(|signer| (signer, statement.sign(&secret(keys[usize::from(signer)])))).collect();
    let VoteStatement { phase, number, digest, .. } = statement;
    let certificate = Certificate { phase, epoch: Epoch(epoch), number, digest, signatures };
    (header, result, certificate)
}

/// An order after block 8 that begins epoch 1, by these signers: accounts with keys.
fn order(signers: &[(&str, SecretKey)]) -> RestartOrder {
    let (_, result, certificate) = block(8, 0, OLD);
    let (chain, validators) = (genesis().chain(), set(NEW));
    let mut order = RestartOrder { chain, epoch: Epoch(1), result, certificate, validators, signatures: Vec::new() };
    let statement = order.statement();
    order.signatures = signers
        .iter()
        .map(|(account, key)| AdminSignature {
            account: account.parse().unwrap(),
            key: key.public(),
            signature: key.sign(&statement.0),
        })
        .collect();
    order
}

fn admins() -> Vec<(&'static str, SecretKey)> {
    vec![("farm/admin", admin(0)), ("packer/admin", admin(1)), ("port/admin", admin(2))]
}

fn end(order: &RestartOrder, shown: &BTreeMap<Vec<u8>, Vec<u8>>) -> EpochEnd {
    let keys: Vec<Vec<u8>> = order.state_keys().into_iter().collect();
    let entries = keys.iter().map(|key| Entry { key: key.clone(), value: shown.get(key).cloned() }).collect();
    let restart =
        Restart { epoch: order.epoch, signatures: order.signatures.clone(), entries, witness: witness(shown, &keys).0 };
    EpochEnd {
        result: order.result.clone(),
        certificate: order.certificate.clone(),
        validators: order.validators.clone(),
        restart: Some(restart),
    }
}

/// What stands at a key after block 9, which the new validators certified.
fn proof(end: EpochEnd) -> Proof {
    let (header, result, certificate) = block(9, 1, NEW);
    let key = b"asked".to_vec();
    let shown = state(0);
    let entries = vec![Entry { key: key.clone(), value: shown.get(&key).cloned() }];
    Proof {
        version: VERSION,
        chain: genesis().chain(),
        epochs: vec![end],
        anchor: Anchor { header, result, certificate },
        earlier: None,
        subject: Subject::State { entries, witness: witness(&shown, &[key]).0 },
    }
}

fn honest() -> (Proof, Verified<Finding>) {
    let proof = proof(end(&order(&admins()), &state(0)));
    let found = verify(&proof, &Trusted::from(&genesis())).unwrap();
    assert_eq!(found.basis().changes, 1);
    (proof, found)
}

/// Whether a changed file is refused; accepted, it must say the same of the same block.
fn is_refused(text: &[u8], honest: &Verified<Finding>, what: &str) -> bool {
    let Ok(found) = read(text).and_then(|proof| verify(&proof, &Trusted::from(&genesis()))) else { return true };
    assert_eq!((found.data(), found.basis()), (honest.data(), honest.basis()), "{what}");
    false
}

#[test]
fn every_bit_of_every_byte_of_an_order() {
    let (proof, found) = honest();
    let text = serde_json::to_vec(&proof).unwrap();
    let part = serde_json::to_vec(&proof.epochs[0].restart).unwrap();
    let from = text.windows(part.len()).position(|window| window == part).unwrap();
    let (mut refused, mut same) = (0, 0);
    for at in from..from + part.len() {
        for bit in 0..8 {
            let mut changed = text.clone();
            changed[at] ^= 1 << bit;
            match is_refused(&changed, &found, &format!("bit {bit} of byte {at}")) {
                true => refused += 1,
                false => same += 1,
            }
        }
    }
    println!("{} bytes: {refused} refused, {same} say the same", part.len());
    // Digits a to f in capitals say the same.
    assert!(same < part.len() && refused > 7 * part.len(), "{refused}, {same}");
}

#[test]
fn every_field_and_every_element_of_an_order() {
    let (proof, found) = honest();
    let file = serde_json::to_value(&proof).unwrap();
    let mut refused = 0;
    for (what, restart) in structures(file.pointer("/epochs/0/restart").unwrap()) {
        let mut changed = file.clone();
        *changed.pointer_mut("/epochs/0/restart").unwrap() = restart;
        assert!(is_refused(&serde_json::to_vec(&changed).unwrap(), &found, &what), "{what}");
        refused += 1;
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn orders_that_do_not_count() {
    let honest = order(&admins());
    let with = |change: &dyn Fn(&mut RestartOrder)| {
        let mut order = honest.clone();
        change(&mut order);
        end(&order, &state(0))
    };
    let signed = |signers: &[(&str, SecretKey)]| end(&order(signers), &state(0));
    let resigned = |change: &dyn Fn(&mut RestartOrder)| {
        let mut order = order(&admins());
        change(&mut order);
        let statement = order.statement();
        for (signature, (_, key)) in order.signatures.iter_mut().zip(admins()) {
            signature.signature = key.sign(&statement.0);
        }
        end(&order, &state(0))
    };
    let (_, other, foreign) = block(7, 0, OLD);
    let few = ValidatorSet::new(set(NEW).members()[..3].to_vec()).unwrap();
    let mut later = state(7);
    later.insert(b"more".to_vec(), b"state".to_vec());
    let cases: Vec<(&str, EpochEnd)> = vec![
        ("no signatures", signed(&[])),
        ("two organisations of four", signed(&admins()[..2])),
        ("a second time by the same", signed(&[admins(), admins()[2..].to_vec()].concat())),
        ("by the same twice", signed(&[admins()[..2].to_vec(), admins()[1..2].to_vec()].concat())),
        ("out of order", signed(&admins().into_iter().rev().collect::<Vec<_>>())),
        ("by one that is no admin", signed(&[admins()[..2].to_vec(), vec![("shop/erp", admin(4))]].concat())),
        ("with another's key", signed(&[admins()[..2].to_vec(), vec![("port/admin", admin(1))]].concat())),
        ("with a validator's key", signed(&[admins()[..2].to_vec(), vec![("port/admin", secret(3))]].concat())),
        ("by one that is not there", signed(&[admins()[..2].to_vec(), vec![("port/other", admin(2))]].concat())),
        ("for another set than was signed", with(&|order| order.validators = set([1, 2, 7, 8]))),
        ("for another epoch than was signed", with(&|order| order.epoch = Epoch(2))),
        ("of another chain", resigned(&|order| order.chain = Hash([1; 32]))),
        ("for the present epoch", resigned(&|order| order.epoch = Epoch(0))),
        ("for too few validators", resigned(&|order| order.validators = few.clone())),
        ("of another result than is certified", resigned(&|order| order.result = other.clone())),
        ("under another's certificate", resigned(&|order| order.certificate = foreign.clone())),
        ("by the state of another height", end(&honest, &later)),
    ];
    let root = Trusted::from(&genesis());
    for (what, end) in cases {
        assert!(verify(&proof(end), &root).is_err(), "{what}");
    }
    // As many of another organisation are as good.
    let others = [admins()[..2].to_vec(), vec![("shop/admin", admin(3))]].concat();
    assert!(verify(&proof(signed(&others)), &root).is_ok());
    // Without the order, the old validators did not hand over.
    let mut without = end(&honest, &state(0));
    without.restart = None;
    assert!(verify(&proof(without), &root).is_err());
    let keys: BTreeSet<_> = honest.state_keys();
    assert!(keys.contains(&state_key::epoch()) && keys.len() == 2 + 4 + 3);
}
