//! One simulated node: a replica with its disks and its clock.

use super::checker::Violation;
use super::disk::JournalDisk;
use super::facts;
use super::fault::Harm;
use super::random::Random;
use countersign_consensus::{Message, Record};
use countersign_ledger::store::Space;
use countersign_ledger::{Ledger, MemoryStore};
use countersign_model::trace::Fact;
use countersign_replica::journal::JournalRecord;
use countersign_replica::wire::Wire;
use countersign_replica::{Guard, Input, Output, Replica, ReplicaConfig};
use countersign_types::{Epoch, Genesis, Hash, Height, Phase, SecretKey, TimestampMs, ValidatorSet, View};
use countersign_vm::Vm;
use std::sync::Arc;

/// A node, running or crashed.
pub struct Node {
    genesis: Genesis,
    key: SecretKey,
    vm: Arc<Vm>,
    /// Its database.
    pub store: MemoryStore,
    journal: JournalDisk,
    /// The replica, none while it is down.
    pub replica: Option<Replica<MemoryStore>>,
    /// The validators of the epoch that it last said to be in.
    pub seats: ValidatorSet,
    /// How far its clock is off, milliseconds.
    pub skew_ms: i64,
    /// What each turn takes.
    pub turn_ms: u64,
    /// It does nothing before this time.
    pub busy_until: u64,
    /// Whether its disk is nearly full.
    pub is_full: bool,
    /// What its replica was told of that.
    knows_full: bool,
    /// Epoch and view that its journal and ledger prove.
    reached: (Epoch, View),
    /// The last journal entry that is durable, of those since the start.
    durable: u64,
    /// Journal records until the power fails.
    pub cut: Option<usize>,
    /// Whether its database was garbled since it was made.
    pub garbled: bool,
    /// Whether its journal was lost and it has not voted again.
    pub forgot: bool,
    /// The highest block that it said to have executed, and that its ledger must still have.
    pub executed: Height,
    rotate_after: usize,
    /// When it wants to be called at the latest.
    pub wake: Option<u64>,
}

/// A directory, as a backup has it.
#[derive(Debug)]
pub struct Directory {
    store: MemoryStore,
    journal: JournalDisk,
    executed: Height,
}

/// What a turn led to.
#[derive(Debug, Default)]
pub struct Turn {
    /// What is to be carried out, in order.
    pub outputs: Vec<Output>,
    /// Whether the power failed on the way.
    pub cut: bool,
}

/// What a node found when it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Started {
    /// A bad copy in the journal was repaired.
    pub repaired: bool,
    /// The journal was damaged and put aside.
    pub damaged: bool,
    /// The ledger was refused, and its operator made a new one.
    pub refused: bool,
}

impl Node {
    /// A new node, as `countersignd testnet` makes it.
    ///
    /// # Errors
    /// If the ledger cannot be made.
    pub fn new(genesis: &Genesis, key: SecretKey, vm: Arc<Vm>, rotate_after: usize) -> Result<Self, Violation> {
        let journal = fresh_journal(genesis, &key);
        let mut node = Self {
            genesis: genesis.clone(),
            key,
            vm,
            store: MemoryStore::new(),
            journal,
            replica: None,
            seats: genesis.validators.clone(),
            skew_ms: 0,
            turn_ms: 0,
            busy_until: 0,
            is_full: false,
            knows_full: false,
            reached: (Epoch::ZERO, View::ZERO),
            durable: 0,
            cut: None,
            garbled: false,
            forgot: false,
            executed: Height::ZERO,
            rotate_after,
            wake: None,
        };
        node.make_ledger().map_err(|cause| Violation::new("start", cause))?;
        node.start()?;
        Ok(node)
    }

    /// Its operator puts the database aside and makes a new one.
    ///
    /// # Errors
    /// If the ledger cannot be made.
    pub fn replace_ledger(&mut self) -> Result<(), String> {
        self.replica = None;
        self.make_ledger()
    }

    fn make_ledger(&mut self) -> Result<(), String> {
        self.store = MemoryStore::new();
        (self.garbled, self.executed, self.reached) = (false, Height::ZERO, (Epoch::ZERO, View::ZERO));
        Ledger::create(self.store.clone(), &self.genesis).map(|_| ()).map_err(|error| error.to_string())
    }

    /// Starts from what the disks hold. A database that was garbled and is refused is replaced by a new one.
    ///
    /// # Errors
    /// If the node refuses to.
    pub fn start(&mut self) -> Result<Started, Violation> {
        (self.knows_full, self.durable) = (false, 0);
        let found = self.journal.restart();
        self.forgot |= found.damaged;
        let refused = |cause| Violation::new("start", format!("it does not start again: {cause}"));
        let mut started = Started { repaired: found.repaired, damaged: found.damaged, refused: false };
        let replica = match self.open(found.records.clone()) {
            Err(_) if self.garbled => {
                started.refused = true;
                self.make_ledger().map_err(refused)?;
                self.open(found.records).map_err(refused)?
            }
            opened => opened.map_err(refused)?,
        };
        let tip = replica.reader().tip().height;
        if tip < self.executed && !self.garbled {
            let text = format!("it has executed block {} and its ledger ends at {tip}", self.executed);
            return Err(Violation::new("start", text));
        }
        // P7.1: certificates of journal and ledger are not forgotten, so what they proved is known still.
        if self.forgot {
            self.reached = (Epoch::ZERO, View::ZERO);
        }
        let (epoch, view) = self.reached;
        let again = replica.status().view;
        if !self.garbled && replica.epoch() == epoch && again < view {
            let text = format!("it has shown to be in view {view} of epoch {} and begins in {again}", epoch.0);
            return Err(Violation::new("memory", text));
        }
        self.wake = None;
        self.seats = replica.validators().clone();
        self.replica = Some(replica);
        Ok(started)
    }

    fn open(&self, journal: Vec<Vec<u8>>) -> Result<Replica<MemoryStore>, String> {
        let ledger = Ledger::open(self.store.clone(), &self.genesis).map_err(|error| error.to_string())?;
        let config = ReplicaConfig {
            genesis: self.genesis.clone(),
            key: Some(self.key.clone()),
            journal,
            guard: Guard::default(),
        };
        let mut replica = Replica::open(config, ledger, Arc::clone(&self.vm)).map_err(|error| error.to_string())?;
        replica.rotate_after(self.rotate_after);
        Ok(replica)
    }

    /// Power loss: what was not synced is partly gone, and the disk may suffer.
    pub fn crash(&mut self, random: &mut Random, harm: Harm) {
        // Between two starts one copy of a record may go, not both: that would be a loss, which counts as a fault.
        let spared = self.replica.is_none() && matches!(harm, Harm::FlippedCopy);
        let harm = if spared { Harm::Unsynced } else { harm };
        // Damaged twice before it is read, the end of a journal can look like one that was never synced.
        if self.replica.is_none() && matches!(harm, Harm::FlippedRecord | Harm::MisdirectedRecord) {
            self.reached = (Epoch::ZERO, View::ZERO);
        }
        self.replica = None;
        (self.cut, self.busy_until) = (None, 0);
        // A journal that is damaged is lost as a whole, and the node says so, or it is repaired.
        let is_told = [Harm::Unsynced, Harm::FlippedCopy, Harm::FlippedRecord, Harm::MisdirectedRecord];
        if !is_told.contains(&harm) {
            self.reached = (Epoch::ZERO, View::ZERO);
        }
        let unsynced = self.store.unsynced();
        self.store.crash(random.index(unsynced + 1));
        self.journal.crash(random, harm);
        match harm {
            Harm::WipedJournal | Harm::WipedDirectory => {
                self.journal.wipe();
                self.forgot = true;
            }
            Harm::FlippedValue | Harm::LostValue | Harm::MisdirectedValue => self.garble(random, harm),
            _ => {}
        }
        if matches!(harm, Harm::WipedLedger | Harm::WipedDirectory) {
            self.make_ledger().expect("a genesis that made a ledger makes another");
        }
    }

    fn garble(&mut self, random: &mut Random, harm: Harm) {
        let filled: Vec<Space> = Space::ALL.into_iter().filter(|space| self.store.count(*space) > 0).collect();
        let Some(space) = random.pick(&filled) else { return };
        let count = self.store.count(space);
        let (Some(key), Some(other)) =
            (self.store.key(space, random.index(count)), self.store.key(space, random.index(count)))
        else {
            return;
        };
        self.garbled = true;
        match harm {
            Harm::FlippedValue => {
                let bits = 8 * self.store.length(space, &key).max(1);
                let _ = self.store.rot(space, &key, random.index(bits));
            }
            Harm::LostValue => self.store.lose(space, &key),
            _ => self.store.misplace(space, &key, &other),
        }
    }

    /// Its operator takes the journal away.
    pub fn lose_journal(&mut self) {
        self.journal.wipe();
        self.forgot = true;
    }

    /// It begins anew, with a journal that says that it never voted.
    pub fn forget(&mut self) {
        self.journal = fresh_journal(&self.genesis, &self.key);
        self.reached = (Epoch::ZERO, View::ZERO);
    }

    /// A copy of the directory.
    #[must_use]
    pub fn backup(&self) -> Directory {
        Directory { store: self.store.fork(), journal: self.journal.clone(), executed: self.executed }
    }

    /// Puts a copy in place of the directory.
    pub fn restore(&mut self, copy: &Directory) {
        self.store = copy.store.fork();
        self.journal = copy.journal.clone();
        self.executed = copy.executed;
        self.reached = (Epoch::ZERO, View::ZERO);
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self, now: u64) -> TimestampMs {
        TimestampMs(now.saturating_add_signed(self.skew_ms))
    }

    /// What its vote journal has gained since the last call, in the model's words.
    pub fn facts(&mut self, own: u16) -> impl Iterator<Item = (u16, Fact<Hash>)> + use<> {
        self.journal.take_written().into_iter().filter_map(move |record| Some((own, facts::fact(&record)?)))
    }

    /// Gives the replica facts and carries out what concerns the disk: append, sync, tell. When the power is cut, what was
    /// ordered after that record never leaves the node. Messages that rest on nothing of this turn may leave before.
    ///
    /// # Errors
    /// If a message may be sent before what it rests on is durable, or anything happens without room on the disk.
    pub fn handle(&mut self, now: u64, mut inputs: Vec<Input>) -> Result<Turn, Violation> {
        let clock = self.clock(now);
        let Some(replica) = &mut self.replica else { return Ok(Turn::default()) };
        if std::mem::replace(&mut self.knows_full, self.is_full) != self.is_full {
            inputs.insert(0, Input::Room { enough: !self.is_full });
        }
        let mut turn = Turn::default();
        let mut outputs: Vec<Output> = inputs.into_iter().flat_map(|input| replica.handle(clock, input)).collect();
        if self.is_full
            && let Some(output) = outputs.iter().find(|output| !matches!(output, Output::Declined { .. }))
        {
            return Err(Violation::new("full disk", format!("without room on its disk: {output:?}")));
        }
        loop {
            let reader = replica.reader();
            let in_ledger = |block: &Hash| matches!(reader.height_of_block(block), Ok(Some(_)));
            // Nothing is signed any more in an epoch that is over, so the journal need not hold its votes.
            let epoch = replica.epoch();
            let mut last = None;
            for output in &outputs {
                match output {
                    Output::Persist { entry, bytes } => {
                        if self.cut == Some(0) {
                            turn.cut = true;
                            return Ok(turn);
                        }
                        self.cut = self.cut.map(|left| left - 1);
                        self.journal.append(bytes);
                        last = entry.or(last);
                    }
                    Output::Rotate { records } => self.journal.replace(records),
                    Output::Send { message, after, .. } if *after <= self.durable => {
                        hold(&self.journal, epoch, message, in_ledger)?;
                    }
                    _ => {}
                }
            }
            self.journal.sync();
            self.durable = last.unwrap_or(self.durable);
            for output in outputs {
                if let Output::Send { message, .. } = &output {
                    hold(&self.journal, epoch, message, in_ledger)?;
                }
                turn.outputs.push(output);
            }
            let Some(entry) = last else { break };
            outputs = replica.handle(clock, Input::Persisted { entry });
        }
        // Who stops in a turn shows nothing of what it learned in it.
        if !turn.outputs.iter().any(|output| matches!(output, Output::Stop(_))) {
            self.reached = (replica.epoch(), replica.status().view);
        }
        Ok(turn)
    }
}

/// Whether a message's own votes are on disk.
fn hold(
    journal: &JournalDisk,
    current: Epoch,
    message: &Wire,
    in_ledger: impl Fn(&Hash) -> bool,
) -> Result<(), Violation> {
    let Wire::Consensus { epoch, message } = message else { return Ok(()) };
    match own_votes(message).find(|vote| *epoch == current && !journal.holds(vote, &in_ledger)) {
        Some(vote) => Err(Violation::new("durable before said", format!("{vote:?} in {message:?}"))),
        None => Ok(()),
    }
}

fn fresh_journal(genesis: &Genesis, key: &SecretKey) -> JournalDisk {
    let origin = JournalRecord::Engine(Record::origin(genesis.chain(), key.public())).to_bytes();
    JournalDisk::new(genesis.chain(), &origin)
}

/// Votes that a node's message carries; they are its own, since those of others travel in certificates only.
fn own_votes(message: &Message) -> impl Iterator<Item = (Phase, u64, Hash)> + use<> {
    let votes = match message {
        Message::Vote { vote, .. } => vec![(vote.phase, vote.number, vote.digest)],
        Message::PrePrepare(proposal) => {
            let (view, hash) = (proposal.view.0, proposal.block.hash());
            vec![(Phase::PrePrepare, view, hash), (Phase::Prepare, view, hash)]
        }
        _ => Vec::new(),
    };
    votes.into_iter()
}
