//! A small chain made by hand, and proof files over it: nine blocks in three epochs, transactions with receipts and
//! events, and a provenance contract's registers. Shared with the command's tests and the bench.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, dead_code, missing_docs)]

use countersign_epcis::Identifier;
use countersign_epcis::answer::After;
use countersign_epcis::document::parse;
use countersign_epcis::question::{Arguments, Part, Question, ask};
use countersign_epcis::register::{LogEntry, Reader, Submission, Writer, capture, key};
use countersign_epcis::rule::Policy;
use countersign_epcis::walk::Limits;
use countersign_types::hash::{Tag, sha256};
use countersign_types::log::{LogRecord, range_of};
use countersign_types::merkle;
use countersign_types::proof::{
    Anchor, Earlier, Entry, EventProof, HistoryPart, HistoryPlace, Log, Page, Proof, Subject, TraceAsOf,
    TransactionProof, VERSION,
};
use countersign_types::range::{Perfect, Range, RangeProof};
use countersign_types::receipt::EventRecord;
use countersign_types::state::{Step, Witness, bit, leaf_hash, node_hash, path, value_hash};
use countersign_types::{
    Account, Address, Certificate, DeployPolicy, Epoch, EpochEnd, Event, ExecutionResult, Gas, Genesis, Hash, Header,
    Height, KeyEntry, Organisation, Outcome, Parameters, Payload, Phase, Receipt, ResultProof, Roles, Rules, SecretKey,
    SignedTransaction, TimestampMs, Transaction, Validator, ValidatorSet, View, VoteStatement, encode, state_key,
};
use std::collections::{BTreeMap, BTreeSet};

pub const ITEM: &str = "urn:epc:id:sgtin:9521321.000001.s1";
pub const CASE: &str = "urn:epc:id:sscc:9521321.0000000001";
/// Last block.
pub const TIP: u64 = 9;
/// The block with several transactions.
pub const BUSY: u64 = 2;
/// Blocks that end an epoch.
pub const ENDS: [u64; 2] = [3, 6];
/// Blocks that capture events.
pub const CAPTURES: [u64; 2] = [7, 8];
/// Time of the last block.
pub const NOW: TimestampMs = TimestampMs(START_MS + TIP * 1_000);

const START_MS: u64 = 1_777_777_000_000;

/// Events about [`ITEM`]: the first two are captured in one block, the third in the next.
pub fn documents() -> [String; 2] {
    let [commissioned, packed, received] = events();
    [document(&[commissioned, packed]), document(&[received])]
}

/// Three events about [`ITEM`].
pub fn events() -> [String; 3] {
    let event = |number: u8, hour: u8, rest: &str| {
        format!(
            r#"{{"eventID": "urn:uuid:00000000-0000-4000-8000-00000000000{number}",
                "eventTime": "2026-05-01T{hour:02}:00:00Z", "eventTimeZoneOffset": "+00:00", {rest}}}"#
        )
    };
    let commissioned = event(
        1,
        8,
        r#""type": "ObjectEvent", "action": "ADD", "epcList": ["urn:epc:id:sgtin:9521321.000001.s1"],
           "bizStep": "commissioning", "bizLocation": {"id": "urn:epc:id:sgln:9521321.00001.0"}"#,
    );
    let packed = event(
        2,
        9,
        r#""type": "AggregationEvent", "action": "ADD", "parentID": "urn:epc:id:sscc:9521321.0000000001",
           "childEPCs": ["urn:epc:id:sgtin:9521321.000001.s1"], "bizStep": "packing""#,
    );
    let received = event(
        3,
        10,
        r#""type": "ObjectEvent", "action": "OBSERVE", "epcList": ["urn:epc:id:sscc:9521321.0000000001"],
           "bizStep": "receiving", "bizLocation": {"id": "urn:epc:id:sgln:9521321.00010.0"}"#,
    );
    [commissioned, packed, received]
}

/// A document of these events.
pub fn document(events: &[String]) -> String {
    format!(
        r#"{{"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument",
            "schemaVersion": "2.0", "creationDate": "2026-07-01T00:00:00Z", "epcisBody": {{"eventList": [{}]}}}}"#,
        events.join(",")
    )
}

/// Documents that together say `count` things about [`ITEM`].
pub fn many_events(count: u64) -> [String; 2] {
    let events: Vec<String> = (0..count)
        .map(|number| {
            let action = if number == 0 { "ADD" } else { "OBSERVE" };
            let step = if number == 0 { "commissioning" } else { "shipping" };
            format!(
                r#"{{"eventID": "urn:uuid:00000000-0000-4000-8000-{number:012}", "type": "ObjectEvent",
                    "eventTime": "2026-05-{:02}T{:02}:{:02}:00Z", "eventTimeZoneOffset": "+00:00", "action": "{action}",
                    "epcList": ["{ITEM}"], "bizStep": "{step}",
                    "readPoint": {{"id": "urn:epc:id:sgln:9521321.00001.0"}},
                    "bizLocation": {{"id": "urn:epc:id:sgln:9521321.00001.0"}}}}"#,
                1 + number / 1_440,
                number / 60 % 24,
                number % 60
            )
        })
        .collect();
    let (first, rest) = events.split_at(events.len() / 2);
    [document(first), document(rest)]
}

pub fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub fn contract() -> Address {
    Address::of("acme/provenance")
}

/// Numbers of the keys of an epoch's validators: one is exchanged from each to the next.
pub fn signers_of(epoch: u64) -> [u8; 4] {
    [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 6, 5]][epoch as usize]
}

pub fn set_of(epoch: u64) -> ValidatorSet {
    let validator = |number: u8| Validator {
        organisation: "acme".into(),
        key: secret(number).public(),
        network_key: secret(number + 50).public(),
    };
    ValidatorSet::new(signers_of(epoch).map(validator).into()).unwrap()
}

pub fn genesis() -> Genesis {
    Genesis {
        network: "sample".into(),
        time: TimestampMs(START_MS - 1),
        parameters: Parameters::default(),
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: set_of(0),
        organisations: vec![Organisation::new("acme", "Acme")],
        accounts: vec![Account {
            id: "acme/admin".parse().unwrap(),
            roles: Roles::ADMIN.with(Roles::SUBMITTER),
            keys: vec![KeyEntry { key: secret(90).public(), valid_from: Height(0), valid_to: None }],
            attributes: std::collections::BTreeMap::new(),
        }],
    }
}

/// The epoch of a block.
pub fn epoch_of(height: u64) -> u64 {
    ENDS.iter().filter(|end| **end < height).count() as u64
}

/// Signatures of an epoch's validators, by their positions in its set, under a result.
pub fn certify(epoch: u64, phase: Phase, result: &ExecutionResult, signers: &[u16]) -> Certificate {
    let statement = VoteStatement {
        chain: genesis().chain(),
        epoch: Epoch(epoch),
        validators: set_of(epoch).hash(),
        phase,
        number: result.height.0,
        digest: result.hash(),
    };
    let keys = signers_of(epoch);
    let sign = |signer: &u16| (*signer, statement.sign(&secret(keys[usize::from(*signer) % 4])));
    let VoteStatement { phase, epoch, number, digest, .. } = statement;
    Certificate { phase, epoch, number, digest, signatures: signers.iter().map(sign).collect() }
}

/// State of a contract, with its logs' records.
#[derive(Default, Clone)]
pub struct Registers {
    pub height: u64,
    pub entries: BTreeMap<Vec<u8>, Vec<u8>>,
    pub logs: BTreeMap<Vec<u8>, Vec<LogRecord>>,
    /// What was read: entries and logs.
    pub reads: (BTreeSet<Vec<u8>>, BTreeSet<Vec<u8>>),
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
            height: Height(self.height),
            time: time_of(self.height),
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

impl Reader for Registers {
    type Error = std::convert::Infallible;
    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error> {
        self.reads.0.insert(key.to_vec());
        Ok(self.entries.get(key).cloned())
    }
    fn log_len(&mut self, key: &[u8]) -> Result<u64, Self::Error> {
        self.reads.1.insert(key.to_vec());
        Ok(self.logs.get(key).map_or(0, |records| records.len() as u64))
    }
    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, Self::Error> {
        self.reads.1.insert(key.to_vec());
        let record = self.logs.get(key).and_then(|records| records.get(index as usize));
        Ok(record.map(|record| LogEntry {
            height: record.height.0,
            time_ms: record.time.0,
            transaction: record.transaction.0,
            signer: record.signer.0,
            entry: record.entry.clone(),
        }))
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

fn time_of(height: u64) -> TimestampMs {
    TimestampMs(START_MS + height * 1_000)
}

/// One block and what it gave.
#[derive(Clone)]
pub struct Made {
    pub header: Header,
    pub result: ExecutionResult,
    pub certificate: Certificate,
    pub transactions: Vec<SignedTransaction>,
    pub receipts: Vec<Receipt>,
    pub events: Vec<EventRecord>,
    pub registers: Registers,
}

impl Made {
    /// The whole state after it.
    pub fn state(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut state = BTreeMap::new();
        for (key, value) in &self.registers.entries {
            state.insert(state_key::storage(&contract(), key), value.clone());
        }
        for (key, records) in &self.registers.logs {
            state.insert(state_key::log(&contract(), key), encode(&range_of(&contract(), key, records)));
        }
        state.insert(state_key::account("acme/admin"), encode(&genesis().accounts[0]));
        state
    }
}

/// The chain.
pub struct Sample {
    /// Block `h` at position `h - 1`.
    pub blocks: Vec<Made>,
}

impl Default for Sample {
    fn default() -> Self {
        Self::new(&documents())
    }
}

impl Sample {
    /// The chain with these documents captured in [`CAPTURES`].
    pub fn new(documents: &[String; 2]) -> Self {
        let mut sample = Self { blocks: Vec::new() };
        for height in 1..=TIP {
            let block = sample.next(height, documents);
            sample.blocks.push(block);
        }
        sample
    }

    pub fn block(&self, height: u64) -> &Made {
        &self.blocks[height as usize - 1]
    }

    fn next(&self, height: u64, documents: &[String; 2]) -> Made {
        let before = self.blocks.last();
        let mut registers = before.map(|before| before.registers.clone()).unwrap_or_default();
        registers.height = height;
        if let Some(at) = CAPTURES.iter().position(|capture| *capture == height) {
            let by =
                Submission { account: "acme/admin".into(), height, time_ms: time_of(height).0, transaction: [3; 32] };
            for event in parse(documents[at].as_bytes(), Policy::Strict).unwrap().events {
                let captured = capture(&mut registers, &event.unwrap(), &by, Policy::Strict).unwrap();
                assert!(!captured.duplicate);
            }
        }
        let transactions: Vec<_> =
            (0..if height == BUSY { 5 } else { 1 }).map(|nonce| transaction(height, nonce)).collect();
        let names: Vec<Hash> = transactions.iter().map(named).collect();
        let receipts: Vec<_> = (0..).zip(&transactions).map(|(index, signed)| receipt(height, index, signed)).collect();
        let events: Vec<EventRecord> = receipts
            .iter()
            .flat_map(|receipt| receipt.events.iter().map(|event| (receipt.transaction, event.clone())))
            .zip(0..)
            .map(|((transaction, event), index)| EventRecord { height: Height(height), index, transaction, event })
            .collect();
        let epoch = epoch_of(height);
        let header = Header {
            chain: genesis().chain(),
            height: Height(height),
            epoch: Epoch(epoch),
            view: View(height + 2),
            parent: before.map_or(genesis().chain(), |before| before.header.hash()),
            time: time_of(height),
            proposer: 0,
            validators: set_of(epoch).hash(),
            transactions_root: merkle::root(&names),
            transactions: names.len() as u32,
            result: Hash::ZERO,
        };
        let receipt_hashes: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
        let event_hashes: Vec<Hash> = events.iter().map(EventRecord::hash).collect();
        let next_epoch = epoch_of(height + 1);
        let mut made = Made {
            result: ExecutionResult {
                height: Height(height),
                block: header.hash(),
                state_root: Hash::ZERO,
                receipts_root: merkle::root(&receipt_hashes),
                events_root: merkle::root(&event_hashes),
                next_validators: set_of(next_epoch).hash(),
                range_root: self.range(height - 1).root(),
                overrides: Hash::ZERO,
            },
            certificate: Certificate {
                phase: Phase::Checkpoint,
                epoch: Epoch(0),
                number: 0,
                digest: Hash::ZERO,
                signatures: vec![],
            },
            header,
            transactions,
            receipts,
            events,
            registers,
        };
        made.result.state_root = witness(&made.state(), &[]).1;
        made.certificate = certify(epoch, Phase::Checkpoint, &made.result, &[0, 2, 3]);
        made
    }

    /// The range over the first results.
    fn range(&self, count: u64) -> Range {
        let hashes: Vec<Hash> = self.blocks.iter().take(count as usize).map(|block| block.result.hash()).collect();
        Range::over(&hashes)
    }

    /// The end of an epoch.
    pub fn end(&self, epoch: u64) -> EpochEnd {
        let block = self.block(ENDS[epoch as usize]);
        EpochEnd {
            result: block.result.clone(),
            certificate: block.certificate.clone(),
            validators: set_of(epoch + 1),
            restart: None,
        }
    }

    /// A subject shown under one block, with the certificate of another.
    pub fn proof_under(&self, subject: Subject, shown: u64, certified: u64) -> Proof {
        let block = self.block(certified);
        let (header, result, certificate) = (block.header.clone(), block.result.clone(), block.certificate.clone());
        let earlier = (shown != certified).then(|| {
            let block = self.block(shown);
            let items: Vec<Hash> = self.blocks.iter().map(|block| block.result.hash()).collect();
            let path = run_proof(&items[..certified as usize - 1], shown - 1, shown);
            let proof = ResultProof { range: self.range(certified - 1), path };
            Earlier { header: block.header.clone(), result: block.result.clone(), proof }
        });
        Proof {
            version: VERSION,
            chain: genesis().chain(),
            epochs: (0..epoch_of(certified)).map(|epoch| self.end(epoch)).collect(),
            anchor: Anchor { header, result, certificate },
            earlier,
            subject,
        }
    }

    /// A subject shown under a block, with the certificate of the last one.
    pub fn proof(&self, subject: Subject, shown: u64) -> Proof {
        self.proof_under(subject, shown, TIP)
    }

    /// State entries after a block.
    pub fn state(&self, keys: &[Vec<u8>], shown: u64) -> Proof {
        let state = self.block(shown).state();
        let entries = keys.iter().map(|key| Entry { key: key.clone(), value: state.get(key).cloned() }).collect();
        self.proof(Subject::State { entries, witness: witness(&state, keys).0 }, shown)
    }

    pub fn transaction(&self, height: u64, index: usize) -> Proof {
        let block = self.block(height);
        let names: Vec<Hash> = block.transactions.iter().map(named).collect();
        let receipts: Vec<Hash> = block.receipts.iter().map(Receipt::hash).collect();
        let subject = Subject::Transaction(TransactionProof {
            transaction: encode(&block.transactions[index]),
            path: merkle::prove(&names, index).unwrap().into(),
            receipt: block.receipts[index].clone(),
            receipt_path: merkle::prove(&receipts, index).unwrap().into(),
        });
        self.proof(subject, height)
    }

    pub fn event(&self, height: u64, index: usize) -> Proof {
        let block = self.block(height);
        let hashes: Vec<Hash> = block.events.iter().map(EventRecord::hash).collect();
        let path = merkle::prove(&hashes, index).unwrap().into();
        self.proof(Subject::Event(EventProof { record: block.events[index].clone(), path }), height)
    }

    /// Records `[start, end)` of a log of the contract, as of a height if that is not the last one.
    pub fn log(&self, key: &[u8], start: u64, end: u64, as_of: Option<u64>) -> Proof {
        let block = self.block(TIP);
        let records = block.registers.logs.get(key).cloned().unwrap_or_default();
        let state_key = state_key::log(&contract(), key);
        let items: Vec<Hash> = (0..).zip(&records).map(|(at, record)| record.item(&contract(), key, at)).collect();
        let whole = start == 0 && end == records.len() as u64;
        let page = (!whole).then(|| Page {
            start,
            range: range_of(&contract(), key, &records),
            path: run_proof(&items, start, end),
        });
        let log = Log {
            contract: contract(),
            key: key.to_vec(),
            records: records[start as usize..end as usize].to_vec(),
            page,
        };
        let witness = witness(&block.state(), &[state_key]).0;
        self.proof(Subject::Log { log, as_of: as_of.map(Height), witness }, TIP)
    }

    /// The answer to a question about an item, after a block, and, with newer state, as of a height before it.
    pub fn trace(&self, query: &str, item: &str, shown: u64, as_of: Option<TraceAsOf>) -> Proof {
        self.trace_part(query, item, shown, as_of, None)
    }

    /// As [`Sample::trace`], or a part of it.
    pub fn trace_part(
        &self,
        query: &str,
        item: &str,
        shown: u64,
        as_of: Option<TraceAsOf>,
        page: Option<HistoryPart>,
    ) -> Proof {
        // A part of what has none is asked as the whole, for a file that says otherwise.
        let given = page.map(|HistoryPart { after, limit }| {
            let after = after.map(|HistoryPlace { time_ms, sequence }| After { time_ms, sequence });
            Part { after, limit }
        });
        let question = Question::read(query, item, given.filter(|_| query == "history"), &Arguments::new()).unwrap();
        let mut proof = self.answer(&question, shown, as_of);
        let Subject::Trace { page: said, .. } = &mut proof.subject else { unreachable!() };
        *said = page;
        proof
    }

    /// The answer to a question, after a block, and, with newer state, as of a height before it.
    pub fn answer(&self, question: &Question, shown: u64, as_of: Option<TraceAsOf>) -> Proof {
        let block = self.block(shown);
        let mut registers = block.registers.clone();
        let position = as_of.map(|as_of| as_of.position);
        drop(ask(&mut registers, question, position, Limits::default()).unwrap());
        let (mut entries, logs) = registers.reads;
        if let Some(position) = position {
            entries.extend(position.checked_sub(1).into_iter().chain([position]).map(key::record));
        }
        let state = block.state();
        let keys: Vec<Vec<u8>> = entries.iter().map(|key| state_key::storage(&contract(), key)).collect();
        let ranges = logs.iter().map(|key| state_key::log(&contract(), key));
        let all: Vec<Vec<u8>> = keys.iter().cloned().chain(ranges).collect();
        let records = |key: &Vec<u8>| block.registers.logs.get(key).cloned().unwrap_or_default();
        let subject = Subject::Trace {
            contract: contract(),
            query: question.word().into(),
            item: question.item().into(),
            as_of,
            page: question.part().map(|Part { after, limit }| {
                let after = after.map(|After { time_ms, sequence }| HistoryPlace { time_ms, sequence });
                HistoryPart { after, limit }
            }),
            arguments: question.arguments(),
            entries: keys.iter().map(|key| Entry { key: key.clone(), value: state.get(key).cloned() }).collect(),
            logs: logs
                .iter()
                .map(|key| Log { contract: contract(), key: key.clone(), records: records(key), page: None })
                .collect(),
            witness: witness(&state, &all).0,
        };
        self.proof(subject, shown)
    }

    /// Key of the log that names an item.
    pub fn log_of(item: &str) -> Vec<u8> {
        key::naming(Identifier::parse(item).unwrap().canonical(), sha256)
    }
}

/// The name of a transaction in its block.
fn named(signed: &SignedTransaction) -> Hash {
    Hash::of(Tag::SIGNED, &encode(signed))
}

fn transaction(height: u64, nonce: u64) -> SignedTransaction {
    let body = Transaction {
        chain: genesis().chain(),
        signer: secret(90).public(),
        nonce: height * 100 + nonce,
        expires: TimestampMs(START_MS + 60_000),
        gas_limit: Gas(1_000_000),
        payload: Payload::Call { contract: contract(), method: "capture".into(), input: vec![nonce as u8; 9] },
    };
    body.sign(&secret(90))
}

/// The second transaction of a block fails; the others announce as many events as their number says, and one more.
fn receipt(height: u64, index: u32, signed: &SignedTransaction) -> Receipt {
    let event = |number: u32| Event {
        contract: contract(),
        name: "captured".into(),
        data: vec![number as u8; 3],
        attributes: vec![("lot".into(), b"L-1".to_vec())],
    };
    let fails = index == 1;
    Receipt {
        transaction: signed.body.id(),
        height: Height(height),
        index,
        outcome: if fails {
            Outcome::Failed { code: 7, error: vec![1, 2] }
        } else {
            Outcome::Succeeded { output: vec![index as u8] }
        },
        gas_used: Gas(1_000 + u64::from(index)),
        events: if fails { vec![] } else { (0..=index).map(event).collect() },
    }
}

/// The proof of a run of items.
pub fn run_proof(items: &[Hash], start: u64, end: u64) -> RangeProof {
    let tree = |place: Perfect| Ok::<_, ()>(merkle::root(&items[place.first() as usize..=place.last() as usize]));
    RangeProof::of(items.len() as u64, start, end, tree).unwrap().unwrap()
}

/// The tree cut down to what keys need, and its root.
pub fn witness(state: &BTreeMap<Vec<u8>, Vec<u8>>, keys: &[Vec<u8>]) -> (Witness, Hash) {
    let mut leaves: Vec<(Hash, Hash)> = state.iter().map(|(key, value)| (path(key), value_hash(value))).collect();
    leaves.sort();
    let needed: Vec<Hash> = keys.iter().map(|key| path(key)).collect();
    let needed: Vec<&Hash> = needed.iter().collect();
    let (root, steps) = cut(&leaves, &needed, 0);
    (Witness(steps), root)
}

fn cut(leaves: &[(Hash, Hash)], needed: &[&Hash], depth: usize) -> (Hash, Vec<Step>) {
    let (hash, steps) = match leaves {
        [] => return (Hash::ZERO, vec![Step::Empty]),
        [(path, value)] => (leaf_hash(path, value), vec![Step::Leaf { path: *path, value: *value }]),
        _ => {
            let middle = leaves.partition_point(|(path, _)| !bit(path, depth));
            let (right, left): (Vec<&Hash>, Vec<&Hash>) = needed.iter().partition(|path| bit(path, depth));
            let (left, left_steps) = cut(&leaves[..middle], &left, depth + 1);
            let (right, right_steps) = cut(&leaves[middle..], &right, depth + 1);
            (node_hash(&left, &right), [vec![Step::Node], left_steps, right_steps].concat())
        }
    };
    (hash, if needed.is_empty() { vec![Step::Stub(hash)] } else { steps })
}
