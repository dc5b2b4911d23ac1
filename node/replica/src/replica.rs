//! The replica: one place where consensus, mempool, execution and ledger meet.

use crate::catch_up::CatchUp;
use crate::counters::Counters;
use crate::error::ReplicaError;
use crate::guard::{Attempt, Guard};
use crate::input::{Input, Output, Source};
use crate::journal::JournalRecord;
use crate::limits::OBSERVE_MS;
use crate::mempool::Mempool;
use crate::payload::Payloads;
use crate::repair::Repairs;
use crate::throttle::Throttle;
use crate::wire::Wire;
use countersign_consensus::mutation::{Mutation, planted};
use countersign_consensus::{Action, Engine, Event, Record, Status, Target};
use countersign_ledger::{Ledger, Reader, Store};
use countersign_types::{
    Block, Certificate, Epoch, Genesis, Hash, Height, Parameters, SecretKey, TimestampMs, ValidatorSet,
};
use countersign_vm::Vm;
use report::Reports;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

mod admit;
mod due;
mod epoch;
mod finalise;
mod kept;
mod mend;
mod open;
mod perform;
mod propose;
mod report;
mod sync;

pub(crate) use perform::{Final, Machine, named_by};

/// What a replica is started with.
#[derive(Debug)]
pub struct ReplicaConfig {
    /// The genesis, checked.
    pub genesis: Genesis,
    /// The validator's key, none for an observer.
    pub key: Option<SecretKey>,
    /// Payloads of the vote journal, in order.
    pub journal: Vec<Vec<u8>>,
    /// What execution is guarded by.
    pub guard: Guard,
}

/// A validator, or an observer that follows without voting.
pub struct Replica<S: Store> {
    chain: Hash,
    rules: Parameters,
    /// The validator's key, none for an observer.
    key: Option<SecretKey>,
    epoch: Epoch,
    set: ValidatorSet,
    own: Option<u16>,
    /// Peers that are no validators.
    guests: u16,
    vm: Arc<Vm>,
    guard: Guard,
    engine: Engine,
    ledger: Ledger<S>,
    reader: Reader<S>,
    mempool: Mempool,
    payloads: Payloads,
    catch_up: CatchUp,
    /// Damaged heights of the ledger.
    repairs: Repairs,
    /// What was known of them.
    damage_seen: u64,
    blocks_served: Throttle,
    transactions_served: Throttle,
    /// How often peers of earlier epochs are told that theirs is over.
    epochs_told: Throttle,
    /// When somebody was last asked for new blocks, who is no validator.
    observed_at: TimestampMs,
    finalised: VecDeque<(Block, Certificate)>,
    reports: Reports,
    /// The block that is not executed.
    halted: Option<Attempt>,
    /// Blocks that a proposal would extend, with the ids of their transactions.
    open: BTreeMap<Hash, Vec<Hash>>,
    /// When the engine wants to be called.
    alarm: Option<TimestampMs>,
    certified: Height,
    /// Height up to which the ledger has every result certificate.
    complete: Height,
    /// Whether there is something to put in a block.
    pending: bool,
    /// Time of the scheduled call that comes first.
    first_due: Option<TimestampMs>,
    /// Whether the engine has nothing more to do.
    epoch_over: bool,
    journal_bytes: usize,
    journal_max: usize,
    /// Whether the journal is of an epoch that is over.
    journal_stale: bool,
    counters: Counters,
    now: TimestampMs,
    /// Whether the disk has no room.
    lacks_room: bool,
    stopped: bool,
    events: VecDeque<Event>,
    outputs: Vec<Output>,
}

impl<S: Store> Replica<S> {
    /// Takes a fact, answers orders. After an [`Output::Stop`] it answers nothing any more.
    #[must_use]
    pub fn handle(&mut self, now: TimestampMs, input: Input) -> Vec<Output> {
        if self.stopped {
            return Vec::new();
        }
        self.now = now;
        if let Input::Room { enough } = input {
            self.lacks_room = !enough;
        }
        if self.lacks_room && !planted(Mutation::WritesWithoutRoom) {
            return declined(&input);
        }
        if self.alarm.take_if(|at| *at <= now).is_some() {
            self.events.push_back(Event::Tick);
        }
        if let Err(fault) = self.take(input).and_then(|()| self.settle()) {
            self.stopped = true;
            self.outputs.push(Output::Stop(fault));
        }
        std::mem::take(&mut self.outputs)
    }

    /// A handle for reading the ledger, also from other threads.
    #[must_use]
    pub fn reader(&self) -> Reader<S> {
        self.reader.clone()
    }

    /// Where consensus stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.engine.status()
    }

    /// Numbers since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            waiting: u64::try_from(self.mempool.len()).unwrap_or(u64::MAX),
            waiting_bytes: u64::try_from(self.mempool.bytes()).unwrap_or(u64::MAX),
            payloads: u64::try_from(self.payloads.len()).unwrap_or(u64::MAX),
            gathering: u64::try_from(self.payloads.gathering()).unwrap_or(u64::MAX),
            peers_keep_from: self.catch_up.peers_keep_from(self.set.faulty_max()).map_or(0, |oldest| oldest.0),
            wanted: self.catch_up.target().map_or(0, |target| target.0),
            halted: self.halted.map_or(0, |attempt| attempt.height.0),
            scheduled_late_ms: self.first_due.map_or(0, |first| self.ledger.tip().time.since(first)),
            ..self.counters
        }
    }

    /// Writes the journal anew after so many bytes instead of [`crate::limits::JOURNAL_ROTATE_BYTES`].
    pub fn rotate_after(&mut self, bytes: usize) {
        self.journal_max = bytes;
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Its validators.
    #[must_use]
    pub fn validators(&self) -> &ValidatorSet {
        &self.set
    }

    /// Newest height whose result is certified here.
    #[must_use]
    pub fn certified(&self) -> Height {
        self.certified
    }

    fn take(&mut self, input: Input) -> Result<(), ReplicaError> {
        match input {
            Input::Tick | Input::Room { .. } => {
                self.expire();
                self.events.push_back(Event::Tick);
            }
            Input::Guests { count } => self.guests = count,
            Input::Connected { peer } => self.events.push_back(Event::Connected { peer }),
            Input::Persisted { entry } => self.events.push_back(Event::Persisted { entry }),
            Input::Transactions { transactions, source } => self.admit_all(transactions, source)?,
            Input::Received { from, message } => match message {
                Wire::Consensus { epoch, message } => self.hear(from, epoch, message)?,
                Wire::TransactionsWanted(names) => self.serve_transactions(from, &names)?,
                Wire::Transactions(bytes) => self.verify_fetched(&bytes),
                Wire::BlocksWanted { from: first } => self.serve_blocks(from, first)?,
                Wire::Blocks { certified, blocks } => self.take_blocks(from, certified, blocks)?,
                Wire::BlocksGone { oldest } => self.note_gone(from, oldest),
                Wire::RecordWanted { height, part } => self.serve_record(from, height, part)?,
                Wire::Record { height, piece } => self.take_record(from, height, piece)?,
                Wire::LogWanted { contract, key, count, start } => {
                    self.serve_log(from, &contract, &key, (count, start))?
                }
                Wire::StateWanted { height, places } => self.serve_state(from, height, &places)?,
                // The shell serves snapshots from its files, and joins or heals before there is a replica.
                Wire::SnapshotsWanted
                | Wire::Snapshots(_)
                | Wire::SnapshotPieceWanted { .. }
                | Wire::SnapshotPiece { .. }
                | Wire::State { .. }
                | Wire::Log(_) => {}
            },
        }
        Ok(())
    }

    /// Runs the engine until it has nothing more to say, and does what follows from it.
    fn settle(&mut self) -> Result<(), ReplicaError> {
        loop {
            while let Some(event) = self.events.pop_front() {
                for action in self.engine.handle(self.now, event) {
                    self.act(action)?;
                }
                if std::mem::take(&mut self.epoch_over) {
                    self.begin_epoch()?;
                }
            }
            self.note_open_blocks();
            if self.tell_due() {
                continue;
            }
            if !self.execute_finalised()? {
                break;
            }
        }
        self.ask();
        self.mend()?;
        self.gossip_again();
        self.rotate();
        let observes = self.own.is_none().then(|| self.observed_at.plus(OBSERVE_MS));
        let asked = [self.payloads.next_at(), self.catch_up.next_at(), self.repairs.next_at()];
        let alarms = [self.alarm, self.mempool.next_at(), self.next_due_at(), observes].into_iter().chain(asked);
        self.outputs.extend(alarms.flatten().min().map(Output::WakeAt));
        Ok(())
    }

    /// What blocks on the way to finality hold is no reason for another block.
    fn note_open_blocks(&mut self) {
        let line = self.engine.open_blocks();
        if line.len() == self.open.len() && line.iter().all(|block| self.open.contains_key(block)) {
            return;
        }
        let mempool = &mut self.mempool;
        self.open.retain(|block, ids| {
            let stays = line.contains(block);
            if !stays {
                mempool.release(ids);
            }
            stays
        });
        for block in line {
            if !self.open.contains_key(&block) {
                let ids: Vec<Hash> = self.payloads.ids_in([&block]).into_iter().collect();
                mempool.hold(&ids);
                self.open.insert(block, ids);
            }
        }
    }

    fn act(&mut self, action: Action) -> Result<(), ReplicaError> {
        match action {
            Action::Persist { entry, record } => self.persist_engine(entry, record),
            Action::Send { to, message, after } => {
                self.outputs.push(Output::Send { to, message: Wire::Consensus { epoch: self.epoch, message }, after });
            }
            Action::Propose(order) => self.propose(order)?,
            Action::Validate { block, ancestors } => self.validate(block, ancestors)?,
            Action::Finalise { block, certificate } => self.finalised.push_back((block, certificate)),
            Action::Certify { result, certificate } => self.certify(result, certificate)?,
            Action::EpochEnds { .. } => self.epoch_over = true,
            Action::Evidence(evidence) => {
                let signer = evidence.first.signer;
                self.outputs.push(Output::Equivocation { signer, text: format!("{evidence:?}") });
                self.reports.note(evidence);
            }
            Action::Behind { height, peer } => self.catch_up.want(height, peer),
            Action::Stop(stop) => return Err(ReplicaError::Consensus(Box::new(stop))),
            Action::WakeAt(time) => self.alarm = Some(time),
        }
        Ok(())
    }

    fn persist_engine(&mut self, entry: u64, record: Record) {
        let bytes = JournalRecord::Engine(record).to_bytes();
        self.persist(Some(entry), bytes);
    }

    fn persist(&mut self, entry: Option<u64>, bytes: Vec<u8>) {
        self.journal_bytes += bytes.len();
        self.counters.journal_bytes += u64::try_from(bytes.len()).unwrap_or(0);
        self.outputs.push(Output::Persist { entry, bytes });
    }

    /// Asks peers for what is missing: transactions of proposals, certified blocks.
    fn ask(&mut self) {
        for (proposer, tries, names) in self.payloads.due(self.now) {
            let to = self.other_than_own(proposer.wrapping_add(tries) % self.set.count());
            self.outputs.push(Output::Send { to: Target::One(to), message: Wire::TransactionsWanted(names), after: 0 });
        }
        self.observe();
        // What is here and not certified is asked for too: who went on no longer votes for it, and who lacks the
        // certificate of a block can hand it to nobody.
        let held = self.ledger.tip().height.min(self.complete);
        if self.certified > held.plus(self.rules.run_ahead) {
            self.catch_up.want(held.next(), self.other_than_own(0));
        }
        if let Some((peer, from)) = self.catch_up.due(self.now, held, self.peers(), self.own) {
            self.outputs.push(Output::Send { to: Target::One(peer), message: Wire::BlocksWanted { from }, after: 0 });
        }
    }

    /// Who is no validator asks for new blocks, of one peer after the other.
    fn observe(&mut self) {
        let waited = self.now < self.observed_at || self.now.since(self.observed_at) >= OBSERVE_MS;
        if self.own.is_none() && waited && !self.catch_up.is_active() {
            self.observed_at = self.now;
            let next = self.ledger.tip().height.next();
            let peer = (self.now.0 / OBSERVE_MS) % u64::from(self.peers().max(1));
            self.catch_up.want(next, u16::try_from(peer).unwrap_or(0));
        }
    }

    /// How many peers can be asked for blocks, this replica included if it is a validator: the validators, then the guests.
    fn peers(&self) -> u16 {
        self.set.count().saturating_add(self.guests)
    }

    fn other_than_own(&self, peer: u16) -> u16 {
        if Some(peer) == self.own { peer.wrapping_add(1) % self.set.count() } else { peer }
    }

    /// Writes the journal anew once enough of it is about decided blocks.
    fn rotate(&mut self) {
        if self.journal_bytes < self.journal_max && !self.journal_stale {
            return;
        }
        let payloads: Vec<Hash> = self.payloads.whole().map(|gathering| gathering.block.hash()).collect();
        let mut records = Vec::new();
        for hash in payloads {
            let before = self.outputs.len();
            self.persist_payload(&hash);
            for output in self.outputs.drain(before..) {
                if let Output::Persist { bytes, .. } = output {
                    records.push(bytes);
                }
            }
        }
        for record in self.engine.retained() {
            records.push(JournalRecord::Engine(record).to_bytes());
        }
        self.journal_bytes = 0;
        self.journal_stale = false;
        self.outputs.push(Output::Rotate { records });
    }
}

/// What is answered to what is not heard.
fn declined(input: &Input) -> Vec<Output> {
    match input {
        Input::Transactions { source: Source::Client { ticket }, .. } => vec![Output::Declined { ticket: *ticket }],
        _ => Vec::new(),
    }
}
