//! A network of engines in virtual time, with a seeded fault model and checkers.
//!
//! Each node has a disk (journal and ledger) that survives a crash as far as it was synced, a
//! replica reduced to its duties towards the engine, and an engine. The network loses, delays,
//! doubles and reorders messages and can be cut. Checked all the time: nothing is sent before its
//! journal entry is durable, no validator contradicts a vote it sent before, finalised blocks come
//! in order, and any two ledgers agree. The checkers share no code with the engine.

mod carry_out;
mod node;

use crate::validators::{GENESIS, Validators};
use countersign_consensus::{Engine, Event, Message, Record, Status};
use countersign_types::{Block, Epoch, ExecutionResult, Hash, Height, TimestampMs};
use node::{Node, Stored};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What the network does to messages.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    pub loss_percent: u64,
    pub double_percent: u64,
    pub delay_min: u64,
    /// So much more at most.
    pub delay_max: u64,
}

impl Faults {
    pub const NONE: Self = Self { loss_percent: 0, double_percent: 0, delay_min: 1, delay_max: 5 };
}

/// A node's journal and ledger.
pub type Disk = (Vec<(u64, Record)>, Vec<Stored>);

/// Which messages a node never gets.
pub type Misses = fn(&Message) -> bool;

/// Pseudo-random numbers (splitmix64).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);
impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }
}

#[derive(Debug, Clone)]
enum Happening {
    Event(Box<Event>),
    Deliver { from: u16, epoch: Epoch, bytes: Vec<u8> },
    Sync,
    Execute,
    CatchUp { peer: u16 },
    NextEpoch,
    Wake,
}

/// What is wrong with the payloads of a leader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    Invalid,
    Withheld,
}

pub struct Network {
    pub validators: Validators,
    pub nodes: Vec<Node>,
    pub now: TimestampMs,
    pub faults: Faults,
    pub dice: Dice,
    pub cut: BTreeSet<(u16, u16)>,
    pub evidence: usize,
    pub behind: usize,
    /// How far into each epoch the set change is decided that ends it; none for an epoch without end.
    pub changes_after: Option<u64>,
    /// Messages that a test wants changed or dropped on their way.
    pub tamper: Option<fn(u16, &Message) -> bool>,
    /// A node and the messages that never reach it.
    pub deaf: Option<(u16, Misses)>,
    /// A leader whose payloads others find invalid, or never get.
    pub bad_leader: Option<(u16, Payload)>,
    /// The group of each node in the first views, view 1 first. What is sent in such a view stays
    /// in its group, until [`Network::PARTITION_MS`] after somebody entered the view.
    pub partitions: Vec<Vec<u8>>,
    entered: BTreeMap<u64, TimestampMs>,
    queue: BTreeMap<(TimestampMs, u64), (u16, u64, Happening)>,
    sequence: u64,
    finalised: BTreeMap<Height, Hash>,
    /// When each height first became final anywhere.
    pub final_at: BTreeMap<Height, TimestampMs>,
}

impl Network {
    /// Long enough for both timers of a view.
    pub const PARTITION_MS: u64 = 2_500;

    pub fn new(count: u8, seed: u64) -> Self {
        let validators = Validators::new(count);
        let nodes = (0..u16::from(count)).map(|index| Node::new(&validators, index)).collect();
        let mut network = Self {
            validators,
            nodes,
            now: GENESIS.plus(1),
            faults: Faults::NONE,
            dice: Dice(seed),
            cut: BTreeSet::new(),
            evidence: 0,
            behind: 0,
            changes_after: None,
            tamper: None,
            deaf: None,
            bad_leader: None,
            partitions: Vec::new(),
            entered: BTreeMap::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            finalised: BTreeMap::new(),
            final_at: BTreeMap::new(),
        };
        for index in 0..u16::from(count) {
            network.start(index);
        }
        network
    }

    /// Adds a second node with a validator's key, its own disk, and no knowledge of the first.
    pub fn add_twin(&mut self, of: u16) {
        self.nodes.push(Node::new(&self.validators, of));
        self.start(self.nodes.len() as u16 - 1);
    }

    /// Starts a node from its disk.
    pub fn start(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        let records = node.durable.iter().map(|(_, record)| record.clone()).collect();
        let (base, validators) = (node.base(&self.validators, self.changes_after), node.validators(&self.validators));
        let engine = Engine::new(validators.config(node.identity), base, records, node.next_entry).unwrap();
        node.engine = Some(engine);
        node.life += 1;
        node.told_due = false;
        self.after(index, 0, Happening::Event(Box::new(Event::Tick)));
        self.tell_due(index);
    }

    /// Kills a node; of what was not synced a random prefix survives.
    pub fn crash(&mut self, index: u16) {
        let survives = self.dice.roll(3);
        let node = &mut self.nodes[usize::from(index)];
        node.engine = None;
        node.life += 1;
        let keep = node.unsynced.len() as u64 * survives / 3;
        let kept: Vec<_> = node.unsynced.drain(..).take(keep as usize).collect();
        node.durable.extend(kept);
        node.held_back.clear();
        node.to_execute.clear();
        node.syncing = false;
        node.wake_at = None;
    }

    /// A copy of a node's directory: its journal and its ledger.
    pub fn copy_disk(&self, index: u16) -> Disk {
        let node = &self.nodes[usize::from(index)];
        (node.durable.clone(), node.ledger.clone())
    }

    /// Puts an older copy of its directory back on a node that is down.
    pub fn restore_disk(&mut self, index: u16, disk: Disk) {
        let node = &mut self.nodes[usize::from(index)];
        assert!(node.engine.is_none());
        (node.durable, node.ledger) = disk;
    }

    /// Loses a node's vote journal; the ledger stays.
    pub fn lose_journal(&mut self, index: u16) {
        self.nodes[usize::from(index)].durable.clear();
    }

    /// Replaces a node's journal by what its engine wants retained.
    pub fn rotate(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        if let Some(engine) = &node.engine
            && node.unsynced.is_empty()
        {
            node.durable = engine.retained().into_iter().map(|record| (0, record)).collect();
        }
    }

    pub fn isolate(&mut self, index: u16) {
        for other in 0..self.nodes.len() as u16 {
            self.cut.insert((index, other));
            self.cut.insert((other, index));
        }
    }

    /// Gives a transaction to some nodes.
    pub fn submit(&mut self, transaction: Hash, to: &[u16]) {
        for index in to {
            self.nodes[usize::from(*index)].pending.insert(transaction);
            self.tell_due(*index);
        }
    }

    pub fn status(&self, index: u16) -> Status {
        self.nodes[usize::from(index)].engine.as_ref().unwrap().status()
    }

    pub fn height(&self, index: u16) -> u64 {
        self.nodes[usize::from(index)].ledger.len() as u64
    }

    /// What a node's clock reads.
    fn clock(&self, index: u16) -> TimestampMs {
        TimestampMs(self.now.0.saturating_add_signed(self.nodes[usize::from(index)].clock_off))
    }

    /// Lets time pass.
    pub fn run(&mut self, milliseconds: u64) {
        let end = self.now.plus(milliseconds);
        while let Some(entry) = self.queue.first_entry()
            && entry.key().0 <= end
        {
            let ((at, _), (index, life, happening)) = entry.remove_entry();
            self.now = at;
            if self.nodes[usize::from(index)].life == life {
                self.happen(index, happening);
            }
        }
        self.now = end;
    }

    /// Runs until the condition holds; answers after how many milliseconds, if within `limit`.
    pub fn run_until(&mut self, limit: u64, done: impl Fn(&Self) -> bool) -> Option<u64> {
        for passed in 0..=limit {
            if done(self) {
                return Some(passed);
            }
            self.run(1);
        }
        None
    }

    fn after(&mut self, index: u16, delay: u64, happening: Happening) {
        let life = self.nodes[usize::from(index)].life;
        self.sequence += 1;
        self.queue.insert((self.now.plus(delay), self.sequence), (index, life, happening));
    }

    fn happen(&mut self, index: u16, happening: Happening) {
        let at = usize::from(index);
        match happening {
            Happening::Event(event) => self.handle(index, *event),
            Happening::Deliver { from, epoch, bytes } => match epoch.cmp(&self.nodes[at].epoch) {
                Ordering::Equal => {
                    let message = Message::decode(&bytes).unwrap();
                    self.handle(index, Event::Received { from, message });
                }
                Ordering::Less => self.after(from, 5, Happening::CatchUp { peer: index }),
                Ordering::Greater => self.after(index, 5, Happening::CatchUp { peer: from }),
            },
            Happening::Sync => self.synced(index),
            Happening::Execute => {
                if self.nodes[at].to_execute.is_empty() {
                    return;
                }
                let block = self.nodes[at].to_execute.remove(0);
                if let Some(result) = self.nodes[at].store(block) {
                    let last = self.nodes[at].last(&self.validators, self.changes_after);
                    self.handle(index, Event::Executed { result, last });
                    self.tell_due(index);
                }
            }
            Happening::CatchUp { peer } => self.catch_up(index, peer),
            Happening::NextEpoch => self.begin_epoch(index),
            Happening::Wake => {
                let clock = self.clock(index);
                if self.nodes[at].wake_at.is_some_and(|at| at <= clock) {
                    self.nodes[at].wake_at = None;
                    self.handle(index, Event::Tick);
                }
            }
        }
    }

    /// Hands an event to the engine and carries out what it orders.
    pub fn handle(&mut self, index: u16, event: Event) {
        let (now, clock) = (self.now, self.clock(index));
        let Some(engine) = &mut self.nodes[usize::from(index)].engine else { return };
        let actions = engine.handle(clock, event);
        if !self.partitions.is_empty() {
            self.entered.entry(engine.status().view.0).or_insert(now);
        }
        for action in actions {
            self.carry_out(index, action);
        }
        self.tell_due(index);
        self.begin_sync(index);
    }

    fn tell_due(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        let Some(engine) = &node.engine else { return };
        let open: Vec<&Block> = engine.open_blocks().iter().filter_map(|hash| node.bodies.get(hash)).collect();
        let due = node.pending.iter().any(|tx| !open.iter().any(|block| block.transactions.contains(tx)));
        if node.told_due != due {
            node.told_due = due;
            self.after(index, 0, Happening::Event(Box::new(Event::Due(due))));
        }
    }

    /// All ledgers that hold a height hold the same.
    pub fn check_agreement(&self) {
        for node in &self.nodes {
            assert!(node.stops.is_empty(), "{:?}", node.stops);
            for (stored, height) in node.ledger.iter().zip(1..) {
                assert_eq!(self.finalised.get(&Height(height)), Some(&stored.block.hash()));
            }
        }
        let mut results: BTreeMap<Height, &ExecutionResult> = BTreeMap::new();
        for stored in self.nodes.iter().flat_map(|node| &node.ledger) {
            let known = *results.entry(stored.result.height).or_insert(&stored.result);
            assert_eq!(known, &stored.result);
        }
    }
}
