//! One simulated node: a replica with its disks.

use super::disk::JournalDisk;
use super::facts;
use super::random::Random;
use countersign_consensus::{Message, Record};
use countersign_ledger::{Ledger, MemoryStore};
use countersign_model::trace::Fact;
use countersign_replica::journal::JournalRecord;
use countersign_replica::wire::Wire;
use countersign_replica::{Guard, Input, Output, Replica, ReplicaConfig};
use countersign_types::{Genesis, Hash, Phase, SecretKey, TimestampMs};
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
    /// How far its clock is off, milliseconds.
    pub skew_ms: i64,
    rotate_after: usize,
    /// When it wants to be called at the latest.
    pub wake: Option<u64>,
}

impl Node {
    /// A new node, as `countersignd testnet` makes it.
    ///
    /// # Errors
    /// If the ledger cannot be made.
    pub fn new(genesis: &Genesis, key: SecretKey, vm: Arc<Vm>, rotate_after: usize) -> Result<Self, String> {
        let store = MemoryStore::new();
        Ledger::create(store.clone(), genesis).map_err(|error| error.to_string())?;
        let origin = JournalRecord::Engine(Record::origin(genesis.chain(), key.public())).to_bytes();
        let journal = JournalDisk::new(genesis.chain(), &origin);
        let mut node = Self {
            genesis: genesis.clone(),
            key,
            vm,
            store,
            journal,
            replica: None,
            skew_ms: 0,
            rotate_after,
            wake: None,
        };
        node.start()?;
        Ok(node)
    }

    /// Starts from what the disks hold.
    ///
    /// # Errors
    /// If the node refuses to.
    pub fn start(&mut self) -> Result<(), String> {
        let ledger = Ledger::open(self.store.clone(), &self.genesis).map_err(|error| error.to_string())?;
        let journal = self.journal.restart()?;
        let config = ReplicaConfig {
            genesis: self.genesis.clone(),
            key: Some(self.key.clone()),
            journal,
            guard: Guard::default(),
        };
        let mut replica = Replica::open(config, ledger, Arc::clone(&self.vm)).map_err(|error| error.to_string())?;
        replica.rotate_after(self.rotate_after);
        self.wake = None;
        self.replica = Some(replica);
        Ok(())
    }

    /// Power loss: what was not synced is partly gone.
    pub fn crash(&mut self, random: &mut Random) {
        self.replica = None;
        let unsynced = self.store.unsynced();
        self.store.crash(random.index(unsynced + 1));
        self.journal.crash(random);
    }

    /// What its vote journal has gained since the last call, in the model's words.
    pub fn facts(&mut self, own: u16) -> impl Iterator<Item = (u16, Fact<Hash>)> + use<> {
        self.journal.take_written().into_iter().filter_map(move |record| Some((own, facts::fact(&record)?)))
    }

    /// Gives the replica facts and carries out what concerns the disk: append, sync, tell. Answers
    /// what is to be sent, in order. With `cut` the power fails at that persist point: what was
    /// ordered after it never leaves the node.
    ///
    /// # Errors
    /// If a message is to be sent before what it rests on is durable.
    pub fn handle(&mut self, now: u64, inputs: Vec<Input>, cut: Option<usize>) -> Result<Vec<Output>, String> {
        let clock = TimestampMs(now.saturating_add_signed(self.skew_ms));
        let Some(replica) = &mut self.replica else { return Ok(Vec::new()) };
        let mut sent = Vec::new();
        let mut outputs: Vec<Output> = inputs.into_iter().flat_map(|input| replica.handle(clock, input)).collect();
        let mut persisted = 0;
        loop {
            let mut last = None;
            for output in &outputs {
                match output {
                    Output::Persist { entry, bytes } => {
                        if cut == Some(persisted) {
                            return Ok(sent);
                        }
                        persisted += 1;
                        self.journal.append(bytes);
                        last = entry.or(last);
                    }
                    Output::Rotate { records } => self.journal.replace(records),
                    _ => {}
                }
            }
            self.journal.sync();
            let reader = replica.reader();
            let in_ledger = |block: &Hash| matches!(reader.height_of_block(block), Ok(Some(_)));
            for output in outputs {
                // Nothing is signed any more in an epoch that is over, so the journal need not hold its votes.
                if let Output::Send { message: Wire::Consensus { epoch, message }, .. } = &output
                    && *epoch == replica.epoch()
                    && let Some(vote) = own_votes(message).find(|vote| !self.journal.holds(vote, in_ledger))
                {
                    return Err(format!("said before durable: {vote:?} in {message:?}"));
                }
                sent.push(output);
            }
            let Some(entry) = last else { return Ok(sent) };
            outputs = replica.handle(clock, Input::Persisted { entry });
        }
    }
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
