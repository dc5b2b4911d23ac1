//! A network of engines in virtual time, with a seeded fault model and checkers.
//!
//! Each node has a disk (journal and ledger) that survives a crash as far as it was synced, a
//! replica reduced to its duties towards the engine, and an engine. The network loses, delays,
//! doubles and reorders messages and can be cut. Checked all the time: nothing is sent before its
//! journal entry is durable, no validator contradicts a vote it sent before, finalised blocks come
//! in order, and any two ledgers agree. The checkers share no code with the engine.

use crate::validators::{GENESIS, Validators, execute};
use countersign_consensus::{
    Action, Base, Engine, Event, Message, Origin, Propose, Recent, Record, Status, Stop, Synced, Target, Verdict,
};
use countersign_types::{Block, Certificate, Epoch, ExecutionResult, Hash, Height, Phase, TimestampMs, View, Vote};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What the network does to messages.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    pub loss_percent: u64,
    pub double_percent: u64,
    pub delay_max: u64,
}

impl Faults {
    pub const NONE: Self = Self { loss_percent: 0, double_percent: 0, delay_max: 5 };
}

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

/// A stored block.
#[derive(Debug, Clone)]
pub struct Stored {
    pub block: Block,
    pub result: ExecutionResult,
    pub certificate: Option<Certificate>,
}

pub struct Node {
    pub engine: Option<Engine>,
    /// The validator whose key it holds; a twin shares it with another node.
    identity: u16,
    epoch: Epoch,
    /// The last block before the epoch.
    origin: Origin,
    life: u64,
    durable: Vec<(u64, Record)>,
    unsynced: Vec<(u64, Record)>,
    next_entry: u64,
    syncing: bool,
    held_back: Vec<(u64, Target, Message)>,
    pub ledger: Vec<Stored>,
    to_execute: Vec<Block>,
    wake_at: Option<TimestampMs>,
    pub said: BTreeMap<(Epoch, Phase, u64), Vote>,
    pub pending: BTreeSet<Hash>,
    told_due: bool,
    bodies: BTreeMap<Hash, Block>,
    pub stops: Vec<Stop>,
    pub sent: u64,
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
                if self.nodes[at].wake_at.is_some_and(|at| at <= self.now) {
                    self.nodes[at].wake_at = None;
                    self.handle(index, Event::Tick);
                }
            }
        }
    }

    /// Hands an event to the engine and carries out what it orders.
    pub fn handle(&mut self, index: u16, event: Event) {
        let now = self.now;
        let Some(engine) = &mut self.nodes[usize::from(index)].engine else { return };
        let actions = engine.handle(now, event);
        if !self.partitions.is_empty() {
            self.entered.entry(engine.status().view.0).or_insert(now);
        }
        for action in actions {
            self.carry_out(index, action);
        }
        self.tell_due(index);
        self.begin_sync(index);
    }

    fn carry_out(&mut self, index: u16, action: Action) {
        let at = usize::from(index);
        match action {
            Action::Persist { entry, record } => {
                assert_eq!(entry, self.nodes[at].next_entry, "entries are numbered without gaps");
                self.nodes[at].next_entry += 1;
                self.nodes[at].unsynced.push((entry, record));
            }
            Action::Send { to, message, after } => self.nodes[at].held_back.push((after, to, message)),
            Action::Propose(order) => {
                let block = self.build(index, &order);
                self.nodes[at].bodies.insert(block.hash(), block.clone());
                let event = Event::Proposed { view: order.view, block };
                self.after(index, 1, Happening::Event(Box::new(event)));
            }
            Action::Validate { block, ancestors } => {
                let node = &mut self.nodes[at];
                let repeats = ancestors
                    .iter()
                    .filter_map(|hash| node.bodies.get(hash))
                    .chain(node.ledger.iter().map(|stored| &stored.block))
                    .any(|body| body.transactions.iter().any(|tx| block.transactions.contains(tx)));
                let (hash, proposer) = (block.hash(), block.header.proposer);
                node.bodies.insert(hash, block);
                let bad = self.bad_leader.filter(|(leader, _)| *leader == proposer).map(|(_, payload)| payload);
                if bad == Some(Payload::Withheld) {
                    return;
                }
                let verdict = if repeats || bad.is_some() { Verdict::Invalid } else { Verdict::Valid };
                let delay = self.dice.roll(4);
                self.after(index, delay, Happening::Event(Box::new(Event::Validated { block: hash, verdict })));
            }
            Action::Finalise { block, certificate } => self.finalise(index, block, &certificate),
            Action::Certify { result, certificate } => {
                assert_eq!(certificate.digest, result.hash());
                if certificate.epoch == self.nodes[at].epoch {
                    let validators = self.nodes[at].validators(&self.validators);
                    let _ = certificate.verify(validators.committee.chain(), validators.committee.set()).unwrap();
                }
                let stored = &mut self.nodes[at].ledger[result.height.0 as usize - 1];
                assert_eq!(stored.result, result);
                assert!(stored.certificate.is_none(), "a result is certified once");
                stored.certificate = Some(certificate);
            }
            Action::EpochEnds { height } => {
                assert_eq!(Some(height), self.nodes[at].last(&self.validators, self.changes_after));
                self.after(index, 1, Happening::NextEpoch);
            }
            Action::Evidence(evidence) => {
                evidence.verify(&self.nodes[at].validators(&self.validators).committee).unwrap();
                self.evidence += 1;
            }
            Action::Behind { peer, .. } => {
                self.behind += 1;
                self.after(index, 20, Happening::CatchUp { peer });
            }
            Action::Stop(stop) => self.nodes[at].stops.push(stop),
            Action::WakeAt(wake) => {
                assert!(wake > self.now, "no spinning");
                self.nodes[at].wake_at = Some(wake);
                self.after(index, wake.since(self.now), Happening::Wake);
            }
        }
    }

    fn build(&self, index: u16, order: &Propose) -> Block {
        let node = &self.nodes[usize::from(index)];
        let mut free = node.pending.clone();
        for body in order.ancestors.iter().map(|hash| &node.bodies[hash]) {
            body.transactions.iter().for_each(|tx| {
                free.remove(tx);
            });
        }
        let transactions: Vec<Hash> = free.into_iter().collect();
        assert!(self.now > order.time_after);
        let height = order.parent_height.0 + 1;
        let validators = node.validators(&self.validators);
        let mut block = validators.block(order.view.0, order.parent, height, self.now, &transactions);
        block.header.result = order.result;
        block
    }

    fn finalise(&mut self, index: u16, block: Block, certificate: &Certificate) {
        let node = &mut self.nodes[usize::from(index)];
        let validators = node.validators(&self.validators);
        let _ = certificate.verify(validators.committee.chain(), validators.committee.set()).unwrap();
        assert_eq!(certificate.phase, Phase::Commit);
        let height = block.header.height;
        assert_eq!(height.0, node.ledger.len() as u64 + node.to_execute.len() as u64 + 1, "in order, each once");
        let agreed = *self.finalised.entry(height).or_insert(block.hash());
        assert_eq!(agreed, block.hash(), "two blocks final at height {height}");
        node.to_execute.push(block);
        let delay = 1 + self.dice.roll(5);
        self.after(index, delay, Happening::Execute);
    }

    fn begin_sync(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        if node.unsynced.is_empty() && !node.syncing {
            self.flush(index);
        } else if !node.syncing {
            node.syncing = true;
            let delay = 1 + self.dice.roll(2);
            self.after(index, delay, Happening::Sync);
        }
    }

    fn synced(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        node.syncing = false;
        let records = std::mem::take(&mut node.unsynced);
        node.durable.extend(records);
        let entry = node.next_entry - 1;
        self.flush(index);
        self.handle(index, Event::Persisted { entry });
    }

    /// Sends what is durable.
    fn flush(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        let durable = node.unsynced.first().map_or(node.next_entry - 1, |(entry, _)| entry - 1);
        let held = std::mem::take(&mut node.held_back);
        let (ready, held): (Vec<_>, Vec<_>) = held.into_iter().partition(|(after, _, _)| *after <= durable);
        node.held_back = held;
        for (_, to, message) in ready {
            let identity = self.nodes[usize::from(index)].identity;
            self.nodes[usize::from(index)].check_said(identity, &message);
            self.nodes[usize::from(index)].sent += 1;
            let others = self.nodes.iter().zip(0u16..).filter(|(node, at)| match to {
                Target::All => node.identity != identity && *at != index,
                Target::One(peer) => node.identity == peer,
            });
            let targets: Vec<u16> = others.map(|(_, at)| at).collect();
            for target in targets {
                self.post(index, target, &message);
            }
        }
    }

    /// Puts a message on the wire.
    pub fn post(&mut self, from: u16, to: u16, message: &Message) {
        let lost = self.dice.roll(100) < self.faults.loss_percent;
        let tampered = self.tamper.is_some_and(|drops| drops(from, message));
        let deaf = self.deaf.is_some_and(|(node, misses)| node == to && misses(message));
        if lost
            || tampered
            || deaf
            || self.is_apart(from, to, message)
            || self.cut.contains(&(from, to))
            || usize::from(to) >= self.nodes.len()
        {
            return;
        }
        let epoch = self.nodes[usize::from(from)].epoch;
        let copies = if self.dice.roll(100) < self.faults.double_percent { 2 } else { 1 };
        let identity = self.nodes[usize::from(from)].identity;
        for _ in 0..copies {
            let delay = 1 + self.dice.roll(self.faults.delay_max);
            self.after(to, delay, Happening::Deliver { from: identity, epoch, bytes: message.encode() });
        }
    }

    /// Whether the partition of the view that a message is about keeps it from its receiver.
    fn is_apart(&self, from: u16, to: u16, message: &Message) -> bool {
        let Some(engine) = &self.nodes[usize::from(from)].engine else { return true };
        let view = match message {
            Message::PrePrepare(proposal) => proposal.view.0,
            Message::Vote { vote, .. } if vote.phase != Phase::Checkpoint => vote.number,
            _ => engine.status().view.0,
        };
        let groups = self.partitions.get((view as usize).wrapping_sub(1));
        let begun = self.entered.get(&view).copied().unwrap_or(self.now);
        groups.is_some_and(|groups| groups[usize::from(from)] != groups[usize::from(to)])
            && self.now < begun.plus(Self::PARTITION_MS)
    }

    /// Copies from a peer's ledger what is certified there.
    fn catch_up(&mut self, index: u16, peer: u16) {
        let own = self.nodes[usize::from(index)].ledger.len();
        let other = &self.nodes[usize::from(peer)];
        if other.engine.is_none() || self.cut.contains(&(index, peer)) {
            return;
        }
        let certified = other.ledger.iter().rposition(|stored| stored.certificate.is_some()).map_or(0, |at| at + 1);
        // What was executed here and is certified there only.
        let known = other.ledger.iter().take(own).zip(&self.nodes[usize::from(index)].ledger);
        let lacking: Vec<Certificate> = known
            .filter(|(_, own)| own.certificate.is_none())
            .filter_map(|(theirs, _)| theirs.certificate.clone())
            .collect();
        let origin = self.nodes[usize::from(index)].origin.height.0;
        let epoch_end = self.changes_after.map(|after| origin + after + self.validators.parameters.run_ahead);
        let to = certified.min(epoch_end.map_or(usize::MAX, |end| end as usize));
        let stored = other.ledger.get(own..to).unwrap_or_default().to_vec();
        for certificate in lacking {
            let message = Message::Certificate(certificate);
            self.handle(index, Event::Received { from: self.nodes[usize::from(peer)].identity, message });
        }
        if stored.is_empty() {
            return;
        }
        let node = &mut self.nodes[usize::from(index)];
        node.to_execute.clear(); // One owner: catch-up overtakes what was being executed.
        node.ledger.extend(stored);
        let last = node.ledger.last().unwrap().clone();
        let header = &last.block.header;
        let event = Event::Synced(Synced {
            height: header.height,
            block: last.block.hash(),
            time: header.time,
            view: header.view,
            result: last.result.clone(),
            last: node.last(&self.validators, self.changes_after),
            certificate: last.certificate.clone(),
        });
        self.nodes[usize::from(index)].forget_stored();
        self.handle(index, event);
        self.tell_due(index);
    }

    /// Goes on with the next epoch's engine.
    fn begin_epoch(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        let last = node.last(&self.validators, self.changes_after).unwrap();
        let stored = &node.ledger[last.0 as usize - 1];
        assert!(
            stored.certificate.is_some() && node.ledger.len() as u64 == last.0,
            "nothing stands above the last block"
        );
        node.epoch = Epoch(node.epoch.0 + 1);
        node.origin = Origin { height: last, block: stored.block.hash() };
        node.wake_at = None;
        let records = node.durable.iter().chain(&node.unsynced).map(|(_, record)| record.clone()).collect();
        let (base, validators) = (node.base(&self.validators, self.changes_after), node.validators(&self.validators));
        let engine = Engine::new(validators.config(node.identity), base, records, node.next_entry).unwrap();
        node.engine = Some(engine);
        node.told_due = false;
        // What the old engine still had to hear is of no use to the new one.
        node.life += 1;
        node.syncing = false;
        node.held_back.clear();
        self.after(index, 0, Happening::Event(Box::new(Event::Tick)));
        self.tell_due(index);
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

impl Node {
    fn new(validators: &Validators, index: u16) -> Self {
        Self {
            engine: None,
            identity: index,
            epoch: Epoch(0),
            origin: validators.origin,
            life: 0,
            durable: vec![(0, validators.origin(index))],
            unsynced: Vec::new(),
            next_entry: 1,
            syncing: false,
            held_back: Vec::new(),
            ledger: Vec::new(),
            to_execute: Vec::new(),
            wake_at: None,
            said: BTreeMap::new(),
            pending: BTreeSet::new(),
            told_due: false,
            bodies: BTreeMap::new(),
            stops: Vec::new(),
            sent: 0,
        }
    }

    /// Those of its epoch.
    fn validators(&self, validators: &Validators) -> Validators {
        validators.in_epoch(self.epoch, self.origin)
    }

    /// The epoch's last height, once it is decided.
    fn last(&self, validators: &Validators, changes_after: Option<u64>) -> Option<Height> {
        let decided = self.origin.height.0 + changes_after?;
        (self.ledger.len() as u64 >= decided).then(|| Height(decided + validators.parameters.run_ahead))
    }

    fn base(&self, validators: &Validators, changes_after: Option<u64>) -> Base {
        let Some(last) = self.ledger.last() else { return validators.base() };
        let from = self.ledger.len().saturating_sub(2 * validators.parameters.run_ahead as usize);
        let recent = self.ledger[from..]
            .iter()
            .map(|stored| Recent { result: stored.result.clone(), certificate: stored.certificate.clone() })
            .collect();
        let header = &last.block.header;
        let view = if header.height == self.origin.height { View(0) } else { header.view };
        let epoch_end = self.last(validators, changes_after);
        Base {
            height: header.height,
            block: last.block.hash(),
            time: header.time,
            view,
            last: epoch_end,
            recent,
            overridden: Vec::new(),
        }
    }

    /// Executes and stores a block unless catch-up was faster.
    fn store(&mut self, block: Block) -> Option<ExecutionResult> {
        if block.header.height.0 != self.ledger.len() as u64 + 1 {
            return None;
        }
        let result = execute(&block, self.ledger.last().map(|stored| &stored.result));
        self.ledger.push(Stored { block, result: result.clone(), certificate: None });
        self.forget_stored();
        Some(result)
    }

    fn forget_stored(&mut self) {
        for transaction in self.ledger.iter().flat_map(|stored| &stored.block.transactions) {
            self.pending.remove(transaction);
        }
    }

    /// What was sent is never contradicted, not even by a later life of the node.
    fn check_said(&mut self, index: u16, message: &Message) {
        let votes = match message {
            Message::Vote { vote, .. } => vec![vote.clone()],
            Message::PrePrepare(proposal) => {
                let header = &proposal.block.header;
                let vote = |phase, signature| Vote {
                    phase,
                    epoch: header.epoch,
                    number: proposal.view.0,
                    digest: proposal.block.hash(),
                    signer: index,
                    signature,
                };
                vec![vote(Phase::PrePrepare, proposal.signature), vote(Phase::Prepare, proposal.prepare)]
            }
            _ => Vec::new(),
        };
        for vote in votes {
            assert_eq!(vote.signer, index);
            let before = self.said.entry((vote.epoch, vote.phase, vote.number)).or_insert_with(|| vote.clone());
            assert_eq!(*before, vote, "validator {index} contradicts itself");
            let excluded = match vote.phase {
                Phase::Commit => Phase::ViewChange,
                Phase::ViewChange => Phase::Commit,
                _ => continue,
            };
            assert!(
                !self.said.contains_key(&(vote.epoch, excluded, vote.number)),
                "COMMIT and VIEW-CHANGE of view {}",
                vote.number
            );
            let durable =
                self.durable.iter().rev().any(|(_, record)| matches!(record, Record::Vote(known) if *known == vote));
            let view = View(vote.number);
            let finalised = self.ledger.last().is_some_and(|stored| {
                let header = &stored.block.header;
                (header.epoch, header.view) >= (vote.epoch, view)
            });
            assert!(durable || finalised, "said before durable");
        }
    }
}
