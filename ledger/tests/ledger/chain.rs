//! A small chain to test with: four validators, one account, and blocks of whatever a test wants.

use countersign_ledger::{AppendedRecord, ExecutedBlock, Ledger, RangeTree, Reader, Store, StoredTransaction, Tip};
use countersign_types::account::KeyEntry;
use countersign_types::hash::Tag;
use countersign_types::log::LogRecord;
use countersign_types::range::Range;
use countersign_types::vote::{Phase, VoteStatement};
use countersign_types::{
    Account, Address, Block, Certificate, DeployPolicy, Event, ExecutionResult, Gas, Genesis, Hash, Header, Height,
    KnownEpoch, Organisation, Outcome, Parameters, Payload, Receipt, Roles, Rules, SecretKey, TimestampMs, Transaction,
    Validator, ValidatorSet, View, codec, merkle, state_key,
};
use std::collections::BTreeMap;

pub const START: TimestampMs = TimestampMs(1_700_000_000_000);
pub const RUN_AHEAD: u64 = 4;

/// The validator whose key has this seed.
pub fn validator(seed: u8) -> Validator {
    Validator {
        organisation: "farm".into(),
        key: SecretKey::from_seed(&[seed; 32]).public(),
        network_key: SecretKey::from_seed(&[seed + 50; 32]).public(),
    }
}

pub fn user() -> SecretKey {
    SecretKey::from_seed(&[99; 32])
}

pub fn contract() -> Address {
    Address::of("farm/provenance")
}

pub fn genesis() -> Genesis {
    let validators = (1..=4).map(validator).collect();
    Genesis {
        network: "test".into(),
        time: START,
        parameters: Parameters { run_ahead: RUN_AHEAD, ..Parameters::default() },
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: ValidatorSet::new(validators).unwrap(),
        organisations: vec![Organisation::new("farm", "Farm")],
        accounts: vec![Account {
            id: "farm/erp".parse().unwrap(),
            roles: Roles::SUBMITTER,
            keys: vec![KeyEntry { key: user().public(), valid_from: Height::ZERO, valid_to: None }],
            attributes: std::collections::BTreeMap::new(),
        }],
    }
}

/// A certificate of validators 0 to 2, a quorum.
pub fn certify(genesis: &Genesis, phase: Phase, number: u64, digest: Hash) -> Certificate {
    sign(genesis, &KnownEpoch::first(genesis), [0, 1, 2], (phase, number, digest))
}

/// A certificate of some validators of an epoch.
pub fn sign(
    genesis: &Genesis,
    known: &KnownEpoch,
    signers: [u16; 3],
    (phase, number, digest): (Phase, u64, Hash),
) -> Certificate {
    let (epoch, validators) = (known.epoch, known.validators.hash());
    let statement = VoteStatement { chain: genesis.chain(), epoch, validators, phase, number, digest };
    let keys: Vec<SecretKey> = (1..=8).map(|seed| SecretKey::from_seed(&[seed; 32])).collect();
    let key = |signer| {
        let public = known.validators.member(signer).unwrap().key;
        keys.iter().find(|key| key.public() == public).unwrap()
    };
    let signatures = signers.into_iter().map(|signer| (signer, statement.sign(key(signer)))).collect();
    Certificate { phase, epoch, number, digest, signatures }
}

/// What a block does.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// Number of transactions; each announces one event `captured` with the attribute `lot`.
    pub transactions: u8,
    /// Number of scheduled calls that it runs; each announces such an event too.
    pub scheduled: u8,
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Entries for logs by key.
    pub appends: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A chain over a store.
pub struct Chain<S> {
    pub genesis: Genesis,
    pub ledger: Ledger<S>,
}

impl<S: Store> Chain<S> {
    pub fn create(store: S) -> Self {
        let genesis = genesis();
        Self { ledger: Ledger::create(store, &genesis).unwrap(), genesis }
    }

    pub fn reader(&self) -> Reader<S> {
        self.ledger.reader()
    }

    pub fn tip(&self) -> &Tip {
        self.ledger.tip()
    }

    /// The next block.
    pub fn block(&self, work: &Work) -> ExecutedBlock {
        let height = self.tip().height.next();
        let time = TimestampMs(START.0 + height.0 * 1000);
        let transactions: Vec<StoredTransaction> =
            (0..work.transactions).map(|index| self.transaction(height, index)).collect();
        let names: Vec<Hash> = transactions.iter().map(|transaction| transaction.signed_hash).collect();
        let earlier = Height(height.0.saturating_sub(RUN_AHEAD));
        let earlier = if earlier == Height::ZERO { None } else { self.reader().result(earlier).unwrap() };
        let (epoch, _, validators) = self.reader().newest_epoch().unwrap();
        let known = KnownEpoch { epoch, validators };
        let header = Header {
            chain: self.genesis.chain(),
            height,
            epoch: known.epoch,
            view: View(height.0),
            parent: self.tip().block,
            time,
            proposer: 0,
            validators: known.validators.hash(),
            transactions_root: merkle::root(&names),
            transactions: u32::from(work.transactions),
            result: earlier.map_or(Hash::ZERO, |result| result.hash()),
        };
        let block = Block { header, transactions: names };
        let certificate = sign(&self.genesis, &known, [0, 1, 2], (Phase::Commit, height.0, block.hash()));
        let (log_records, ranges) = self.append(height, time, work);
        let mut writes = work.writes.clone();
        writes.extend(ranges);
        let calls = (0..work.scheduled).map(|index| scheduled(height, index));
        let ids = transactions.iter().map(|stored| stored.id).chain(calls);
        let receipts = (0..).zip(ids).map(|(index, id)| receipt(height, index, id)).collect();
        ExecutedBlock {
            block,
            certificate,
            transactions,
            receipts,
            writes,
            log_records,
            overrides: Vec::new(),
            expected: None,
        }
    }

    fn transaction(&self, height: Height, index: u8) -> StoredTransaction {
        let body = Transaction {
            chain: self.genesis.chain(),
            signer: user().public(),
            nonce: height.0 * 256 + u64::from(index),
            expires: TimestampMs(START.0 + height.0 * 1000 + 60_000),
            gas_limit: Gas(1_000_000),
            payload: Payload::Call { contract: contract(), method: "capture".into(), input: vec![index] },
        };
        let verified = body.sign(&user()).verify(&self.genesis.chain()).unwrap();
        StoredTransaction { id: verified.id(), signed_hash: verified.hash(), bytes: verified.bytes().to_vec() }
    }

    #[allow(clippy::type_complexity)]
    fn append(
        &self,
        height: Height,
        time: TimestampMs,
        work: &Work,
    ) -> (Vec<AppendedRecord>, BTreeMap<Vec<u8>, Option<Vec<u8>>>) {
        let mut ranges: BTreeMap<Vec<u8>, Range> = BTreeMap::new();
        let mut records = Vec::new();
        for (key, entry) in &work.appends {
            let record =
                LogRecord { height, time, transaction: Hash([1; 32]), signer: user().public(), entry: entry.clone() };
            let before = || self.reader().log_range(&contract(), key, self.tip().height).unwrap();
            let range = ranges.entry(key.clone()).or_insert_with(before);
            let (index, mut trees) = (range.count(), Vec::new());
            let item = record.item(&contract(), key, index);
            range.append_noting(&item, |place, hash| trees.extend(RangeTree::stored(place, hash)));
            records.push(AppendedRecord { contract: contract(), key: key.clone(), index, record, trees });
        }
        let writes = ranges
            .into_iter()
            .map(|(key, range)| (state_key::log(&contract(), &key), Some(codec::encode(&range))))
            .collect();
        (records, writes)
    }

    /// Commits the next block.
    pub fn commit(&mut self, work: &Work) -> ExecutionResult {
        let block = self.block(work);
        self.ledger.commit(block).unwrap()
    }

    /// Commits the next block and certifies its result.
    pub fn commit_certified(&mut self, work: &Work) -> ExecutionResult {
        let result = self.commit(work);
        self.certify(&result);
        result
    }

    pub fn certify(&mut self, result: &ExecutionResult) {
        self.certify_by(result, [0, 1, 2]);
    }

    pub fn certify_by(&mut self, result: &ExecutionResult, signers: [u16; 3]) {
        let known = self.reader().epoch_at(result.height).unwrap().unwrap();
        let statement = (Phase::Checkpoint, result.height.0, result.hash());
        let certificate = sign(&self.genesis, &known, signers, statement);
        self.ledger.put_result_certificate(result, &certificate).unwrap();
    }
}

/// Id of a scheduled call that a block runs.
pub fn scheduled(height: Height, index: u8) -> Hash {
    Hash::of(Tag::SCHEDULED, &[&height.0.to_le_bytes()[..], &[index]].concat())
}

fn receipt(height: Height, index: u32, transaction: Hash) -> Receipt {
    let event = Event {
        contract: contract(),
        name: if index.is_multiple_of(2) { "captured".into() } else { "shipped".into() },
        data: vec![7],
        attributes: vec![("lot".into(), vec![u8::try_from(index % 3).unwrap()])],
    };
    Receipt {
        transaction,
        height,
        index,
        outcome: Outcome::Succeeded { output: vec![1, 2] },
        gas_used: Gas(500),
        events: vec![event],
    }
}

/// Some work that differs with the height: values that are set, overwritten and removed, and logs.
pub fn work(height: u64) -> Work {
    let key = |number: u64| state_key::storage(&contract(), &number.to_be_bytes());
    let mut writes = BTreeMap::new();
    for number in 0..5 {
        writes.insert(key(height * 5 + number), Some(vec![u8::try_from(height % 251).unwrap(); 20]));
    }
    writes.insert(key(0), Some(height.to_be_bytes().to_vec()));
    if height > 2 {
        writes.insert(key((height - 2) * 5 + 1), None);
    }
    Work {
        transactions: u8::try_from(height % 4).unwrap(),
        scheduled: 0,
        writes,
        appends: vec![
            (b"all".to_vec(), height.to_be_bytes().to_vec()),
            (vec![u8::try_from(height % 3).unwrap()], vec![9]),
        ],
    }
}
