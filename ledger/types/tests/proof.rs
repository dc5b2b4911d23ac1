//! A proof file verifies, and no field of it can change.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use countersign_types::account::KeyEntry;
use countersign_types::hash::Hash;
use countersign_types::log::{LogRecord, range_of};
use countersign_types::proof::{Anchor, BadProof, Entry, Log, Page, Proof, Subject, Trusted, VERSION};
use countersign_types::range::{Perfect, RangeProof};
use countersign_types::state::{Step, Witness, bit, leaf_hash, node_hash, path, value_hash};
use countersign_types::vote::{Phase, VoteStatement};
use countersign_types::{
    Account, Address, Certificate, DeployPolicy, Epoch, EpochEnd, ExecutionResult, Genesis, Header, Height,
    Organisation, Parameters, Roles, Rules, SecretKey, TimestampMs, Validator, ValidatorSet, View, codec, state_key,
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
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: ValidatorSet::new(validators.collect()).unwrap(),
        organisations: vec![Organisation::new("farm", "Farm")],
        accounts: vec![Account {
            id: "farm/erp".parse().unwrap(),
            roles: Roles::SUBMITTER,
            keys: vec![KeyEntry {
                key: SecretKey::from_seed(&[50; 32]).public(),
                valid_from: Height::ZERO,
                valid_to: None,
            }],
            attributes: std::collections::BTreeMap::new(),
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
        overrides: Hash([6; 32]),
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
        anchor: Anchor { header, result, certificate },
        earlier: None,
        subject: Subject::Trace {
            contract: contract(),
            query: "history".into(),
            item: "L-1".into(),
            as_of: None,
            page: None,
            arguments: Default::default(),
            entries: vec![entry(b"holder", Some(b"farm")), entry(b"lot", Some(b"L-1")), entry(b"owner", None)],
            logs: vec![
                Log { contract: contract(), key: b"all".to_vec(), records: records(), page: None },
                Log { contract: contract(), key: b"none".to_vec(), records: vec![], page: None },
            ],
            witness: Witness(steps),
        },
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

/// The set of an epoch, and its keys: none of them votes in two epochs.
fn epoch_keys(epoch: u8) -> Vec<SecretKey> {
    (1..=4).map(|seed| SecretKey::from_seed(&[seed + 60 * epoch; 32])).collect()
}

fn epoch_set(epoch: u8) -> ValidatorSet {
    let mut members = genesis().validators.members().to_vec();
    for (member, key) in members.iter_mut().zip(epoch_keys(epoch)) {
        member.key = key.public();
    }
    ValidatorSet::new(members).unwrap()
}

fn certify_in(epoch: u8, result: &ExecutionResult, signers: &[u16]) -> Certificate {
    let statement = VoteStatement {
        chain: genesis().chain(),
        epoch: Epoch(epoch.into()),
        validators: epoch_set(epoch).hash(),
        phase: Phase::Checkpoint,
        number: result.height.0,
        digest: result.hash(),
    };
    let keys = epoch_keys(epoch);
    let signatures = signers.iter().map(|signer| (*signer, statement.sign(&keys[usize::from(*signer)]))).collect();
    Certificate {
        phase: statement.phase,
        epoch: statement.epoch,
        number: statement.number,
        digest: statement.digest,
        signatures,
    }
}

/// The end of an epoch at some height.
fn end_of(epoch: u8, height: u64) -> EpochEnd {
    let result = ExecutionResult {
        height: Height(height),
        next_validators: epoch_set(epoch + 1).hash(),
        ..proof().anchor.result
    };
    EpochEnd {
        certificate: certify_in(epoch, &result, &[0, 1, 3]),
        result,
        validators: epoch_set(epoch + 1),
        restart: None,
    }
}

/// The same proof, but two epochs later.
fn later() -> Proof {
    let mut proof = proof();
    let Anchor { header, result, certificate } = &mut proof.anchor;
    (header.epoch, header.validators) = (Epoch(2), epoch_set(2).hash());
    (result.block, result.next_validators) = (header.hash(), epoch_set(2).hash());
    *certificate = certify_in(2, result, &[0, 2, 3]);
    proof.epochs = vec![end_of(0, 1), end_of(1, 2)];
    proof
}

#[test]
fn a_proof_leads_through_the_epochs_and_through_no_others() {
    let genesis = genesis();
    let trusted = Trusted::from(&genesis);
    let proven = later().verify(&trusted).unwrap();
    assert_eq!(
        (proven.certified.block, proven.changes, proven.epoch.epoch),
        (later().anchor.header.hash(), 2, Epoch(2))
    );
    let refused = |change: &dyn Fn(&mut Proof)| {
        let mut proof = later();
        change(&mut proof);
        proof.verify(&trusted).map(|_| ()).unwrap_err()
    };
    let epoch = |index| {
        move |error: BadProof| assert!(matches!(error, BadProof::Epoch { index: at, .. } if at == index), "{error:?}")
    };
    let begins = |first| BadProof::Begins { first: Epoch(first), known: Epoch(0) };
    assert_eq!(refused(&|proof| proof.epochs.clear()), begins(2));
    assert_eq!(refused(&|proof| drop(proof.epochs.pop())), BadProof::Anchor("the epoch"));
    assert_eq!(refused(&|proof| drop(proof.epochs.remove(0))), begins(1));
    assert_eq!(refused(&|proof| proof.epochs.swap(0, 1)), begins(1));
    epoch(2)(refused(&|proof| proof.epochs.push(end_of(1, 2))));
    // Too few, foreign signers, those of another epoch, a set that was not handed over to.
    epoch(1)(refused(&|proof| proof.epochs[1].certificate = certify_in(1, &end_of(1, 2).result, &[0, 1])));
    epoch(1)(refused(&|proof| proof.epochs[1].certificate = certify_in(0, &end_of(1, 2).result, &[0, 1, 2])));
    epoch(0)(refused(&|proof| proof.epochs[0].validators = epoch_set(2)));
    epoch(0)(refused(&|proof| proof.epochs[0].result.height = Height(9)));
    // An epoch that hands over to itself.
    epoch(0)(refused(&|proof| {
        let result = ExecutionResult { next_validators: genesis.validators.hash(), ..end_of(0, 1).result };
        let certificate = certify_in(0, &result, &[0, 1, 2]);
        proof.epochs[0] = EpochEnd { result, certificate, validators: genesis.validators.clone(), restart: None };
    }));
    // The anchor of an epoch that is over, though a quorum of it signed.
    let error = refused(&|proof| proof.anchor.certificate = certify_in(1, &proof.anchor.result, &[0, 1, 2]));
    assert_eq!(error, BadProof::Anchor("the epoch"));
    let others = damaged(&serde_json::to_value(later().epochs).unwrap());
    let read = others.into_iter().filter_map(|other| serde_json::from_value::<Vec<EpochEnd>>(other).ok());
    let mut tried = 0;
    for epochs in read.filter(|epochs| *epochs != later().epochs) {
        tried += 1;
        assert!(Proof { epochs, ..later() }.verify(&trusted).is_err());
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn it_verifies_and_answers_what_it_covers() {
    let proven = proof().verify(&Trusted::from(&genesis())).unwrap();
    let at = proven.shown_at;
    assert_eq!((at.height, at.time, at.block), (Height(3), TimestampMs(10), proof().anchor.header.hash()));
    assert_eq!(proven.certified, at);
    let state = proven.state().unwrap();
    let key = |name: &[u8]| state_key::storage(&contract(), name);
    assert_eq!(state.entry(&key(b"holder")), Some(Some(b"farm".as_slice())));
    assert_eq!(state.entry(&key(b"owner")), Some(None));
    assert_eq!(state.entry(&key(b"unasked")), None);
    let all = state.log(&contract(), b"all").unwrap();
    assert_eq!((all.records(), all.is_whole()), (records().as_slice(), true));
    assert_eq!((all.record(4), all.record(5)), (Some(records().get(4)), Some(None)));
    assert_eq!(state.log(&contract(), b"none").unwrap().count(), 0);
    assert_eq!(state.log(&contract(), b"unasked"), None);
}

/// The proof with its first log replaced by the page `[start, end)` of it.
fn page(start: usize, end: usize) -> Proof {
    let mut proof = proof();
    let log = log_of(&mut proof, 0);
    let range = range_of(&contract(), b"all", &records());
    let tree = |place: Perfect| {
        let items: Vec<Hash> =
            (place.first()..=place.last()).map(|at| records()[index_of(at)].item(&contract(), b"all", at)).collect();
        Ok::<_, ()>(countersign_types::merkle::root(&items))
    };
    let path = RangeProof::of(5, start as u64, end as u64, tree).unwrap().unwrap();
    log.records = records()[start..end].to_vec();
    log.page = Some(Page { start: start as u64, range, path });
    proof
}

fn log_of(proof: &mut Proof, index: usize) -> &mut Log {
    let Subject::Trace { logs, .. } = &mut proof.subject else { unreachable!() };
    &mut logs[index]
}

#[test]
fn each_page_of_a_log_stands_where_it_says_and_nowhere_else() {
    let trusted = Trusted::from(&genesis());
    let mut refused = 0;
    for start in 0..=5usize {
        for end in start..=5 {
            let proven = page(start, end).verify(&trusted).unwrap();
            let log = proven.state().unwrap().log(&contract(), b"all").unwrap();
            assert_eq!((log.start(), log.end(), log.count()), (start as u64, end as u64, 5));
            assert_eq!(log.records(), &records()[start..end]);
            for at in 0..6 {
                let shown = (start..end).contains(&at).then(|| records().get(at).cloned());
                let shown = if at >= 5 { Some(None) } else { shown };
                assert_eq!(log.record(at as u64).map(|record| record.cloned()), shown, "{at} of {start}..{end}");
            }
            if start == end {
                continue;
            }
            let mut changes: Vec<fn(&mut Log)> = Vec::new();
            changes.push(|log| drop(log.records.pop()));
            changes.push(|log| drop(log.records.remove(0)));
            changes.push(|log| log.records[0].height.0 += 1);
            changes.push(|log| log.page.as_mut().unwrap().start += 1);
            changes.push(|log| log.page.as_mut().unwrap().path.0.push(Hash::ZERO));
            changes.push(|log| log.page = None);
            for (number, change) in changes.into_iter().enumerate() {
                let mut proof = page(start, end);
                change(log_of(&mut proof, 0));
                match proof.verify(&trusted) {
                    Err(BadProof::Log { index: 0, .. }) => refused += 1,
                    Err(other) => panic!("{number} of {start}..{end}: {other}"),
                    // A shorter page that needs no other path, or the whole log without its page: as true.
                    Ok(proven) => {
                        let log = proven.state().unwrap().log(&contract(), b"all").unwrap();
                        assert_eq!(log.records(), &records()[index_of(log.start())..index_of(log.end())]);
                    }
                }
            }
        }
    }
    assert!(refused > 60, "{refused}");
}

#[test]
fn nothing_stands_in_a_file_twice_or_out_of_order() {
    let trusted = Trusted::from(&genesis());
    let mut doubled = proof();
    let Subject::Trace { entries, .. } = &mut doubled.subject else { unreachable!() };
    entries.push(entries[0].clone());
    assert_eq!(doubled.verify(&trusted), Err(BadProof::Order { what: "entry", index: 3 }));
    let mut swapped = proof();
    let Subject::Trace { entries, .. } = &mut swapped.subject else { unreachable!() };
    entries.swap(1, 2);
    assert_eq!(swapped.verify(&trusted), Err(BadProof::Order { what: "entry", index: 2 }));
    let mut doubled = proof();
    let Subject::Trace { logs, .. } = &mut doubled.subject else { unreachable!() };
    logs.push(logs[0].clone());
    assert_eq!(doubled.verify(&trusted), Err(BadProof::Order { what: "log", index: 2 }));
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

fn index_of(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// What a proof says, and the parts of it that a question is made of left out.
fn parts(proof: &Proof) -> (Vec<Entry>, Vec<Log>, Proof) {
    let mut rest = proof.clone();
    let Subject::Trace { query, item, entries, logs, .. } = &mut rest.subject else { unreachable!() };
    query.clear();
    item.clear();
    (std::mem::take(entries), std::mem::take(logs), rest)
}

#[test]
fn no_field_can_change() {
    let trusted = Trusted::from(&genesis());
    let file = serde_json::to_value(proof()).unwrap();
    let (mut refused, mut accepted) = (0, Vec::new());
    for other in damaged(&file) {
        match serde_json::from_value::<Proof>(other) {
            Err(_) => refused += 1,
            Ok(other) if other == proof() => {}
            Ok(other) if other.verify(&trusted).is_err() => refused += 1,
            Ok(other) => accepted.push(other),
        }
    }
    assert!(refused > 1000, "{refused}");
    println!("{refused} changed files refused, {} ask something else", accepted.len());
    // What may differ: the question asked (the answer is found again), and the key of an entry or
    // log that is proven absent, as long as the new one is absent as well.
    let (entries, logs, rest) = parts(&proof());
    for other in accepted {
        let (other_entries, other_logs, other_rest) = parts(&other);
        // The contract of a trace is a part of the question too.
        let mut other_rest = other_rest;
        if let (Subject::Trace { contract: found, .. }, Subject::Trace { contract, .. }) =
            (&mut other_rest.subject, &rest.subject)
        {
            *found = *contract;
        }
        assert_eq!(other_rest, rest, "the anchor and the witness cannot change");
        for (found, original) in other_entries.iter().zip(&entries) {
            assert!(found == original || (original.value.is_none() && found.value.is_none()), "{found:?}");
        }
        for (found, original) in other_logs.iter().zip(&logs) {
            assert!(found == original || (original.records.is_empty() && found.records.is_empty()), "{found:?}");
        }
    }
}

#[test]
fn logs_must_be_whole_and_in_order() {
    let trusted = Trusted::from(&genesis());
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
        change(log_of(&mut proof, 0));
        assert!(matches!(proof.verify(&trusted), Err(BadProof::Log { index: 0, .. } | BadProof::Witness(_))));
    }
}

#[test]
fn certificates_must_be_a_quorum_of_the_genesis_for_this_result() {
    let genesis = genesis();
    let with = |certificate: Certificate| {
        let mut proof = proof();
        proof.anchor.certificate = certificate;
        proof.verify(&Trusted::from(&genesis)).map(|_| ())
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
    assert!(matches!(proof().verify(&Trusted::from(&foreign)), Err(BadProof::Chain { .. })));
    assert!(matches!(Proof { version: 1, ..proof() }.verify(&Trusted::from(&genesis)), Err(BadProof::Version(1))));
}
