//! Validators over a network that delivers at once, on stores that can be made to panic, each with a process that can
//! end and start again from its disks.

use crate::chain::{BEGIN, account, key, vm};
use countersign_consensus::Target;
use countersign_ledger::store::{Batch, KeyRange, Rows, Space, StoreError};
use countersign_ledger::{Direction, Ledger, MemoryStore, Reader, Store};
use countersign_replica::journal::JournalRecord;
use countersign_replica::wire::{CertifiedBlock, Wire};
use countersign_replica::{Attempt, Guard, Input, Output, Replay, Replica, ReplicaConfig, ReplicaError, Source, Watch};
use countersign_types::{
    DeployPolicy, Gas, Genesis, Hash, Height, Organisation, Parameters, Payload, Roles, Rules, SignedOverride,
    TimestampMs, Transaction, Validator, ValidatorSet, VerifiedTransaction,
};
use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A store whose process panics when a value with this word in it is written.
pub const POISON: &[u8] = b"poison";

#[derive(Debug, Clone)]
pub struct Disk {
    memory: MemoryStore,
    armed: Arc<AtomicBool>,
}

impl Store for Disk {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.memory.get(space, key)
    }
    fn scan(&self, space: Space, range: &KeyRange, direction: Direction, limit: usize) -> Result<Rows, StoreError> {
        self.memory.scan(space, range, direction, limit)
    }
    fn forget_events(&self, below: u64) {
        self.memory.forget_events(below);
    }
    fn write(&self, batch: Batch, sync: bool) -> Result<(), StoreError> {
        let holds = |bytes: &Vec<u8>| bytes.windows(POISON.len()).any(|word| word == POISON);
        let poisoned = batch
            .changes()
            .iter()
            .any(|change| change.space == Space::Values && change.value.as_ref().is_some_and(holds));
        assert!(!(poisoned && self.armed.load(Ordering::Relaxed)), "a block that this machine does not survive");
        self.memory.write(batch, sync)
    }
}

/// What is left of the last attempt, outside of the process.
#[derive(Debug, Clone, Default)]
pub struct Note(Arc<Mutex<Option<Attempt>>>);

impl Watch for Note {
    fn begin(&mut self, attempt: &Attempt) {
        *self.0.lock().unwrap() = Some(*attempt);
    }
}

pub struct Node {
    pub disk: Disk,
    pub key: Option<u8>,
    pub journal: Vec<Vec<u8>>,
    pub replica: Option<Replica<Disk>>,
    pub note: Note,
    /// Why it stopped by itself.
    pub stopped: Option<String>,
    pub accusations: usize,
    pub halted: Vec<Attempt>,
}

impl Node {
    pub fn last_attempt(&self) -> Option<Attempt> {
        *self.note.0.lock().unwrap()
    }
    pub fn replica(&self) -> &Replica<Disk> {
        self.replica.as_ref().unwrap()
    }
    pub fn certified(&self) -> Height {
        self.replica.as_ref().map_or(Height::ZERO, Replica::certified)
    }
    /// A bit of a row flips.
    pub fn rot(&self, space: Space, key: &[u8], bit: usize) -> bool {
        self.disk.memory.rot(space, key, bit)
    }
    pub fn ledger(&self, genesis: &Genesis) -> Ledger<Disk> {
        Ledger::open(self.disk.clone(), genesis).unwrap()
    }
}

pub struct Crowd {
    pub genesis: Genesis,
    pub nodes: Vec<Node>,
    pub now: TimestampMs,
    /// What a node makes of a message that it sends.
    pub meddle: fn(usize, &mut Wire),
    queue: VecDeque<(usize, Input)>,
    nonce: u64,
}

/// The admin of organisation `index` signs with this key.
pub fn admin(index: usize) -> u8 {
    50 + index as u8
}

pub fn validator(organisation: usize, number: u8) -> Validator {
    Validator {
        organisation: format!("o{organisation}"),
        key: key(number).public(),
        network_key: key(100 + number).public(),
    }
}

pub fn genesis(count: usize) -> Genesis {
    let all = Roles::ADMIN.with(Roles::DEPLOYER).with(Roles::SUBMITTER);
    Genesis {
        network: "crowd".into(),
        time: BEGIN,
        parameters: Parameters {
            transaction_window_ms: 3_600_000,
            heartbeat_ms: 3_000,
            run_ahead: 4,
            ..Parameters::default()
        },
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: ValidatorSet::new((0..count).map(|index| validator(index, 1 + index as u8)).collect()).unwrap(),
        organisations: (0..count).map(|index| Organisation::new(format!("o{index}"), format!("o{index}"))).collect(),
        accounts: (0..count)
            .flat_map(|index| {
                [
                    account(&format!("o{index}/admin"), all, &[(admin(index), None)]),
                    account(&format!("o{index}/clerk"), Roles::SUBMITTER, &[(admin(index) + 10, None)]),
                    account(&format!("o{index}/former"), all, &[(admin(index) + 20, Some(1))]),
                ]
            })
            .collect(),
    }
}

/// Executes a chain again, overrides and restart orders with it: each result is the certified one.
pub fn replay(genesis: &Genesis, reader: &Reader<Disk>) {
    let vm = vm();
    let mut replay = Replay::begin(MemoryStore::new(), genesis, &vm).unwrap();
    for height in (1..=reader.certified().0).map(Height) {
        replay.block(CertifiedBlock::read(reader, height).unwrap().unwrap()).unwrap();
    }
    assert_eq!(replay.reader().tip().height, reader.certified());
}

impl Crowd {
    pub fn new(count: usize) -> Self {
        let genesis = genesis(count);
        let nodes = (0..count).map(|index| Self::disk(&genesis, Some(1 + index as u8))).collect();
        let mut crowd =
            Self { genesis, nodes, now: BEGIN.plus(1), meddle: |_, _| (), queue: VecDeque::new(), nonce: 0 };
        for index in 0..count {
            crowd.start(index, None, Vec::new()).unwrap();
        }
        crowd
    }

    fn disk(genesis: &Genesis, key_number: Option<u8>) -> Node {
        let disk = Disk { memory: MemoryStore::new(), armed: Arc::default() };
        drop(Ledger::create(disk.clone(), genesis).unwrap());
        let public = key_number.map(|number| key(number).public()).unwrap_or_default();
        let origin = JournalRecord::Engine(countersign_consensus::Record::origin(genesis.chain(), public)).to_bytes();
        Node {
            disk,
            key: key_number,
            journal: vec![origin],
            replica: None,
            note: Note::default(),
            stopped: None,
            accusations: 0,
            halted: Vec::new(),
        }
    }

    /// Puts a node with empty disks in a place; its journal has an origin if it says so.
    pub fn replace(&mut self, index: usize, key_number: Option<u8>, fresh: bool) {
        self.nodes[index] = Self::disk(&self.genesis, key_number);
        if !fresh {
            self.nodes[index].journal.clear();
        }
    }

    /// Makes a node's machine one that does not survive the poison, or one that does.
    pub fn arm(&self, index: usize, armed: bool) {
        self.nodes[index].disk.armed.store(armed, Ordering::Relaxed);
    }

    /// Starts a node from its disks.
    pub fn start(
        &mut self,
        index: usize,
        condemned: Option<Attempt>,
        overrides: Vec<SignedOverride>,
    ) -> Result<(), ReplicaError> {
        let node = &mut self.nodes[index];
        node.stopped = None;
        node.replica = None;
        let ledger = Ledger::open(node.disk.clone(), &self.genesis)?;
        let config = ReplicaConfig {
            genesis: self.genesis.clone(),
            key: node.key.map(key),
            journal: node.journal.clone(),
            guard: Guard { overrides, condemned, watch: Some(Box::new(node.note.clone())) },
        };
        node.replica = Some(Replica::open(config, ledger, vm())?);
        self.queue.push_back((index, Input::Tick));
        self.meet(index);
        Ok(())
    }

    /// Everybody in the set hears that the node is there, and it that they are.
    fn meet(&mut self, index: usize) {
        for other in 0..self.nodes.len() {
            for (at, peer) in [(index, other), (other, index)] {
                let (Some(replica), Some(number)) = (&self.nodes[at].replica, self.nodes[peer].key) else { continue };
                if let Some(peer) = replica.validators().index_of(&key(number).public()) {
                    self.queue.push_back((at, Input::Connected { peer }));
                }
            }
        }
    }

    /// A call of nothing in particular, or what is given, by the admin of `o0`, told to all.
    pub fn submit(&mut self, payload: Option<Payload>) -> Arc<VerifiedTransaction> {
        self.nonce += 1;
        let body = Transaction {
            chain: self.genesis.chain(),
            signer: key(admin(0)).public(),
            nonce: self.nonce,
            expires: self.now.plus(1_000_000),
            gas_limit: Gas(400_000_000),
            payload: payload.unwrap_or_else(|| crate::chain::call_of("o0/box", "run")),
        };
        let transaction = Arc::new(body.sign(&key(admin(0))).verify(&self.genesis.chain()).unwrap());
        for index in 0..self.nodes.len() {
            let transactions = vec![Arc::clone(&transaction)];
            self.queue.push_back((index, Input::Transactions { transactions, source: Source::Gossip }));
        }
        transaction
    }

    /// Has a node hear a validator's message.
    pub fn hear(&mut self, to: usize, from: u16, message: Wire) {
        self.queue.push_back((to, Input::Received { from, message }));
    }

    /// Lets time pass until `done`, and answers whether that came about.
    pub fn run(&mut self, milliseconds: u64, done: impl Fn(&Self) -> bool) -> bool {
        for _ in 0..milliseconds / 50 {
            self.deliver();
            if done(self) {
                return true;
            }
            self.now = self.now.plus(50);
            for index in 0..self.nodes.len() {
                self.queue.push_back((index, Input::Tick));
            }
        }
        done(self)
    }

    /// Whether all nodes that run have certified a height.
    pub fn all_reach(&self, height: Height) -> bool {
        self.nodes.iter().all(|node| node.replica.as_ref().is_none_or(|replica| replica.certified() >= height))
    }

    /// Where everybody stands, for people.
    pub fn describe(&self) -> String {
        let one = |node: &Node| match (&node.replica, &node.stopped) {
            (Some(replica), _) => format!("tip {} {:?}\n", replica.reader().tip().height, replica.status()),
            (None, stopped) => format!("down {stopped:?}\n"),
        };
        self.nodes.iter().map(one).collect()
    }

    /// Results of a height, of all that run.
    pub fn results(&self, height: Height) -> BTreeSet<Hash> {
        let running = self.nodes.iter().filter_map(|node| node.replica.as_ref());
        running.map(|replica| replica.reader().result(height).unwrap().unwrap().hash()).collect()
    }

    fn deliver(&mut self) {
        while let Some((to, input)) = self.queue.pop_front() {
            self.tell(to, input);
        }
    }

    fn tell(&mut self, to: usize, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let Some(replica) = &mut self.nodes[to].replica else { return };
            let now = self.now;
            let Ok(outputs) = catch_unwind(AssertUnwindSafe(|| replica.handle(now, input))) else {
                self.nodes[to].replica = None;
                return;
            };
            let mut entry = None;
            for output in outputs {
                let node = &mut self.nodes[to];
                match output {
                    Output::Persist { entry: number, bytes } => {
                        entry = number.or(entry);
                        node.journal.push(bytes);
                    }
                    Output::Rotate { records } => node.journal = records,
                    Output::Send { to: target, message, .. } => self.send(to, target, &message),
                    Output::Verify { transactions } => {
                        let chain = self.genesis.chain();
                        let verified = transactions.into_iter().filter_map(|signed| signed.verify(&chain).ok());
                        let transactions = verified.map(Arc::new).collect();
                        inputs.push_back(Input::Transactions { transactions, source: Source::Fetched });
                    }
                    Output::Equivocation { .. } => node.accusations += 1,
                    Output::Halted { attempt } => node.halted.push(attempt),
                    Output::Stop(cause) => {
                        node.stopped = Some(cause.to_string());
                        node.replica = None;
                        return;
                    }
                    _ => {}
                }
            }
            inputs.extend(entry.map(|entry| Input::Persisted { entry }));
        }
    }

    /// Indexes are those of the receiver's and the sender's own epochs, as connections are.
    fn send(&mut self, from: usize, to: Target, message: &Wire) {
        let Some(sender) = &self.nodes[from].replica else { return };
        let mut message = message.clone();
        (self.meddle)(from, &mut message);
        let receivers: Vec<usize> = (0..self.nodes.len()).filter(|index| *index != from).collect();
        for receiver in receivers {
            let index_of = |replica: &Replica<Disk>, node: usize| {
                let number = self.nodes[node].key?;
                replica.validators().index_of(&key(number).public())
            };
            let target = index_of(sender, receiver);
            let is_meant = match to {
                Target::All => target.is_some(),
                Target::One(peer) => target == Some(peer),
            };
            let Some(replica) = self.nodes[receiver].replica.as_ref().filter(|_| is_meant) else { continue };
            let Some(from) = index_of(replica, from) else { continue };
            self.queue.push_back((receiver, Input::Received { from, message: message.clone() }));
        }
    }
}
