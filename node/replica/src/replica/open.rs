//! Starting a replica from its ledger and its vote journal.

use super::epoch::{Standing, recent};
use super::perform::Machine;
use super::report::Reports;
use super::{Replica, ReplicaConfig};
use crate::catch_up::CatchUp;
use crate::counters::Counters;
use crate::error::ReplicaError;
use crate::journal::JournalRecord;
use crate::limits::{
    BLOCKS_SERVED_BURST, BLOCKS_SERVED_MS, EPOCHS_TOLD_BURST, EPOCHS_TOLD_MS, TRANSACTIONS_SERVED_BURST,
    TRANSACTIONS_SERVED_MS,
};
use crate::limits::{CERTIFICATES_LOOKED_FOR, JOURNAL_ROTATE_BYTES};
use crate::mempool::Mempool;
use crate::payload::Payloads;
use crate::repair::Repairs;
use crate::state_source::Latest;
use crate::throttle::Throttle;
use countersign_consensus::{Base, Engine, Event};
use countersign_ledger::{Fate, Ledger, Reader, Store};
use countersign_types::{Block, Hash, Height, SignedTransaction, VerifiedTransaction};
use countersign_vm::Vm;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

impl<S: Store> Replica<S> {
    /// Starts from where ledger and journal stand. The first input must be [`crate::Input::Tick`].
    ///
    /// # Errors
    /// If key, journal, ledger and genesis do not belong together, or the ledger cannot be read.
    pub fn open(config: ReplicaConfig, mut ledger: Ledger<S>, vm: Arc<Vm>) -> Result<Self, ReplicaError> {
        let ReplicaConfig { genesis, key, journal, mut guard } = config;
        genesis.check()?;
        let chain = genesis.chain();
        let reader = ledger.reader();
        if let Some(height) = guard.check(&reader)? {
            ledger.rewind(height, Fate::Again)?;
        }
        Machine { vm: &vm, chain, rules: &genesis.parameters }.redo(&mut ledger, &mut guard)?;
        let recent = recent(&reader, genesis.parameters.run_ahead)?;
        let standing = Standing::of(&reader, &recent)?;
        let base = standing.base(&reader, recent, guard.heights(&reader, genesis.parameters.run_ahead)?);
        let certified = certified(&base);
        let complete = complete(&reader, certified)?;

        let mut payloads = Payloads::default();
        let mut records = Vec::new();
        let journal_bytes = journal.iter().map(Vec::len).sum();
        for bytes in &journal {
            match JournalRecord::from_bytes(bytes)? {
                JournalRecord::Engine(record) => records.push(record),
                JournalRecord::Payload { block, ancestors, transactions } => {
                    if block.header.height > base.height {
                        restore(&mut payloads, block, ancestors, &transactions, &chain);
                    }
                }
            }
        }
        let first_due = Latest(&reader).first_due()?;
        let engine = Engine::new(standing.config(chain, key.clone(), &genesis.parameters), base, records, 1)?;
        let Standing { epoch, set, .. } = standing;
        Ok(Self {
            chain,
            rules: genesis.parameters,
            own: key.as_ref().and_then(|key| set.index_of(&key.public())),
            key,
            guests: 0,
            epoch,
            set,
            vm,
            guard,
            engine,
            ledger,
            reader,
            mempool: Mempool::new(genesis.organisations.len()),
            payloads,
            catch_up: CatchUp::default(),
            repairs: Repairs::default(),
            damage_seen: 0,
            blocks_served: Throttle::new(BLOCKS_SERVED_BURST, BLOCKS_SERVED_MS),
            epochs_told: Throttle::new(EPOCHS_TOLD_BURST, EPOCHS_TOLD_MS),
            observed_at: genesis.time,
            transactions_served: Throttle::new(TRANSACTIONS_SERVED_BURST, TRANSACTIONS_SERVED_MS),
            finalised: VecDeque::new(),
            reports: Reports::default(),
            halted: None,
            open: BTreeMap::new(),
            alarm: None,
            certified,
            complete,
            pending: false,
            first_due,
            epoch_over: false,
            journal_bytes,
            journal_max: JOURNAL_ROTATE_BYTES,
            journal_stale: false,
            counters: Counters::default(),
            now: genesis.time,
            lacks_room: false,
            stopped: false,
            events: VecDeque::from([Event::Due(false)]),
            outputs: Vec::new(),
        })
    }
}

fn certified(base: &Base) -> Height {
    let newest = base.recent.iter().rev().find(|recent| recent.certificate.is_some());
    newest.map_or(Height::ZERO, |recent| recent.result.height)
}

/// Height up to which every result certificate is here. Those that a power failure took are among the newest.
fn complete<S: Store>(reader: &Reader<S>, certified: Height) -> Result<Height, ReplicaError> {
    let first = certified.0.saturating_sub(CERTIFICATES_LOOKED_FOR).max(reader.base().0).saturating_add(1);
    for height in (first..=certified.0).map(Height) {
        if reader.sound_certificate(height)?.is_none() {
            return Ok(height.previous());
        }
    }
    Ok(certified)
}

/// Puts a payload back that was held before the restart. It was checked before it was written.
fn restore(payloads: &mut Payloads, block: Block, ancestors: Vec<Hash>, transactions: &[Vec<u8>], chain: &Hash) {
    let held: BTreeMap<Hash, Arc<VerifiedTransaction>> = transactions
        .iter()
        .filter_map(|bytes| SignedTransaction::from_bytes(bytes).ok()?.verify(chain).ok())
        .map(|transaction| (transaction.hash(), Arc::new(transaction)))
        .collect();
    payloads.begin(block, ancestors, &[], |name| held.get(name).cloned());
}
