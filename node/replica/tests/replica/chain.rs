//! A chain of two organisations for the tests, and its state in memory.

use countersign_ledger::{Ledger, MemoryStore, Store, genesis_state};
use countersign_replica::execute::{Executed, Executor};
use countersign_replica::journal::JournalRecord;
use countersign_replica::limits::SCHEDULED_CALLS_PER_BLOCK;
use countersign_replica::overlay::Changes;
use countersign_replica::state_source::{Ripe, StateSource};
use countersign_replica::{Guard, Replica, ReplicaConfig, ReplicaError};
use countersign_types::log::LogRecord;
use countersign_types::{
    Account, Address, DeployPolicy, Epoch, Gas, Genesis, Hash, Header, Height, KeyEntry, Organisation, Outcome,
    Parameters, Payload, Roles, Rules, SecretKey, TimestampMs, Transaction, Validator, ValidatorSet,
    VerifiedTransaction, View, state_key,
};
use countersign_vm::{Vm, VmConfig};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub const BEGIN: TimestampMs = TimestampMs(1_000_000);
pub const GAS: u64 = 400_000_000;

pub fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub fn account(id: &str, roles: Roles, keys: &[(u8, Option<u64>)]) -> Account {
    let entry = |(number, until): &(u8, Option<u64>)| KeyEntry {
        key: key(*number).public(),
        valid_from: Height::ZERO,
        valid_to: until.map(Height),
    };
    Account::new(id.parse().unwrap(), roles, keys.iter().map(entry).collect())
}

/// Keys 1 to 4 are the validators'. Keys 11 and 12 are the admins of `a` and `b`, 13 a submitter of
/// `a`, 14 a device of `a`, 15 a submitter of `a` below height 5.
pub fn genesis() -> Genesis {
    let validators = (1..=4).map(|number| Validator {
        organisation: "a".into(),
        key: key(number).public(),
        network_key: key(100 + number).public(),
    });
    let all = Roles::ADMIN.with(Roles::DEPLOYER).with(Roles::SUBMITTER);
    Genesis {
        network: "test".into(),
        time: BEGIN,
        parameters: Parameters { transaction_window_ms: 60_000, ..Parameters::default() },
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: ValidatorSet::new(validators.collect()).unwrap(),
        organisations: ["a", "b"].map(|id| Organisation::new(id, id)).into(),
        accounts: vec![
            account("a/admin", all, &[(11, None)]),
            account("b/admin", all, &[(12, None)]),
            account("a/gate", Roles::SUBMITTER, &[(13, None), (15, Some(5))]),
            account("a/sensor", Roles::DEVICE, &[(14, None)]),
        ],
    }
}

pub fn vm() -> Arc<Vm> {
    static VM: OnceLock<Arc<Vm>> = OnceLock::new();
    Arc::clone(VM.get_or_init(|| Arc::new(Vm::new(VmConfig::default()).unwrap())))
}

pub fn transaction(signer: u8, nonce: u64, expires: u64, payload: Payload) -> Transaction {
    Transaction {
        chain: genesis().chain(),
        signer: key(signer).public(),
        nonce,
        expires: BEGIN.plus(expires),
        gas_limit: Gas(GAS),
        payload,
    }
}

pub fn signed(signer: u8, body: Transaction) -> Arc<VerifiedTransaction> {
    let chain = body.chain;
    Arc::new(body.sign(&key(signer)).verify(&chain).unwrap())
}

/// A call of nothing in particular.
pub fn call(signer: u8, nonce: u64) -> Arc<VerifiedTransaction> {
    signed(signer, transaction(signer, nonce, 30_000, call_of("a/box", "run")))
}

pub fn call_of(contract: &str, method: &str) -> Payload {
    Payload::Call { contract: Address::of(contract), method: method.into(), input: Vec::new() }
}

/// A contract with these methods, all of which do nothing.
pub fn module(methods: &[&str]) -> Vec<u8> {
    let functions: String = methods.iter().map(|method| format!("(func (export \"{method}\"))")).collect();
    wat::parse_str(format!("(module (memory (export \"memory\") 1) {functions})")).unwrap()
}

pub fn header(height: u64, time: u64) -> Header {
    Header {
        chain: genesis().chain(),
        height: Height(height),
        epoch: Epoch::ZERO,
        view: View(height),
        parent: Hash::ZERO,
        time: BEGIN.plus(time),
        proposer: 0,
        validators: genesis().validators.hash(),
        transactions_root: Hash::ZERO,
        transactions: 0,
        result: Hash::ZERO,
    }
}

/// State in memory.
#[derive(Debug, Clone)]
pub struct State(pub BTreeMap<Vec<u8>, Vec<u8>>);

impl StateSource for State {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReplicaError> {
        Ok(self.0.get(key).cloned())
    }
    fn log_record(&self, _: &Address, _: &[u8], _: u64) -> Result<Option<LogRecord>, ReplicaError> {
        Ok(None)
    }
}

impl State {
    pub fn of_genesis() -> Self {
        Self::of(&genesis())
    }

    pub fn of(genesis: &Genesis) -> Self {
        let entries = genesis_state(genesis);
        Self(entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }

    /// Executes a block and keeps what it changed; answers how its transactions ended.
    pub fn execute(&mut self, height: u64, time: u64, transactions: &[Arc<VerifiedTransaction>]) -> Vec<Outcome> {
        let executed = self.try_out(height, time, transactions);
        self.take(executed.changes);
        executed.receipts.into_iter().map(|receipt| receipt.outcome).collect()
    }

    /// Keeps what a block changed.
    pub fn take(&mut self, changes: Changes) {
        for (key, value) in changes.writes {
            match value {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
    }

    pub fn try_out(&self, height: u64, time: u64, transactions: &[Arc<VerifiedTransaction>]) -> Executed {
        let parameters = genesis().parameters;
        let executor =
            Executor { vm: &vm(), chain: genesis().chain(), parameters: &parameters, overrides: &[], is_trial: false };
        let header = header(height, time);
        let (first, last) = (state_key::scheduled(TimestampMs(0), 0), state_key::scheduled(header.time.next(), 0));
        let due = self.0.range(first..last).map(|(key, _)| key.clone()).take(SCHEDULED_CALLS_PER_BLOCK).collect();
        executor.execute(self, &header, transactions, Ripe { expired: Vec::new(), due }).unwrap()
    }
}

/// Validator `index` with a new ledger.
pub fn replica(index: u8) -> Replica<MemoryStore> {
    let genesis = genesis();
    let ledger = Ledger::create(MemoryStore::new(), &genesis).unwrap();
    open(ledger, Some(key(index + 1)))
}

pub fn open<S: Store>(ledger: Ledger<S>, key: Option<SecretKey>) -> Replica<S> {
    let genesis = genesis();
    let public = key.as_ref().map(SecretKey::public).unwrap_or_default();
    let origin = JournalRecord::Engine(countersign_consensus::Record::origin(genesis.chain(), public)).to_bytes();
    Replica::open(ReplicaConfig { genesis, key, journal: vec![origin], guard: Guard::default() }, ledger, vm()).unwrap()
}
