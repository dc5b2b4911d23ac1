//! Starting a replica from its ledger and its vote journal.

use super::{Replica, ReplicaConfig};
use crate::catch_up::CatchUp;
use crate::counters::Counters;
use crate::error::ReplicaError;
use crate::journal::JournalRecord;
use crate::limits::JOURNAL_ROTATE_BYTES;
use crate::limits::{BLOCKS_SERVED_BURST, BLOCKS_SERVED_MS, TRANSACTIONS_SERVED_BURST, TRANSACTIONS_SERVED_MS};
use crate::mempool::Mempool;
use crate::payload::Payloads;
use crate::throttle::Throttle;
use countersign_consensus::{Base, Config, Engine, Event, Recent};
use countersign_ledger::{Ledger, Reader, Store};
use countersign_types::{Block, Epoch, Hash, Height, SignedTransaction, VerifiedTransaction};
use countersign_vm::Vm;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

impl<S: Store> Replica<S> {
    /// Starts from where ledger and journal stand. The first input must be [`crate::Input::Tick`].
    ///
    /// # Errors
    /// If key, journal, ledger and genesis do not belong together, or the ledger cannot be read.
    pub fn open(config: ReplicaConfig, ledger: Ledger<S>, vm: Arc<Vm>) -> Result<Self, ReplicaError> {
        let ReplicaConfig { genesis, key, journal } = config;
        genesis.check()?;
        let chain = genesis.chain();
        let set = genesis.validators.clone();
        let own = key.and_then(|key| Some((set.index_of(&key.public())?, key)));
        let index = own.as_ref().map(|(index, _)| *index);
        let reader = ledger.reader();
        let base = base(&ledger, &reader, genesis.parameters.run_ahead)?;
        let certified = certified(&base);

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
        let engine = Engine::new(
            Config { chain, epoch: Epoch::ZERO, set: set.clone(), own, parameters: genesis.parameters.clone() },
            base,
            records,
            1,
        )?;
        Ok(Self {
            chain,
            rules: genesis.parameters,
            set,
            own: index,
            vm,
            engine,
            ledger,
            reader,
            mempool: Mempool::new(genesis.organisations.len()),
            payloads,
            catch_up: CatchUp::default(),
            blocks_served: Throttle::new(BLOCKS_SERVED_BURST, BLOCKS_SERVED_MS),
            transactions_served: Throttle::new(TRANSACTIONS_SERVED_BURST, TRANSACTIONS_SERVED_MS),
            finalised: VecDeque::new(),
            open: BTreeMap::new(),
            alarm: None,
            certified,
            pending: false,
            journal_bytes,
            journal_max: JOURNAL_ROTATE_BYTES,
            counters: Counters::default(),
            now: genesis.time,
            stopped: false,
            events: VecDeque::from([Event::Due(false)]),
            outputs: Vec::new(),
        })
    }
}

/// The ledger's tip as the engine wants it.
fn base<S: Store>(ledger: &Ledger<S>, reader: &Reader<S>, run_ahead: u64) -> Result<Base, ReplicaError> {
    let tip = ledger.tip();
    let first = tip.height.0.saturating_sub(run_ahead.saturating_mul(2)).saturating_add(1);
    let mut recent = Vec::new();
    for height in (first..=tip.height.0).map(Height) {
        let result = reader.result(height)?.ok_or(ReplicaError::State { what: "the result of a recent block" })?;
        recent.push(Recent { result, certificate: reader.result_certificate(height)? });
    }
    Ok(Base { height: tip.height, block: tip.block, time: tip.time, view: tip.view, recent })
}

fn certified(base: &Base) -> Height {
    let newest = base.recent.iter().rev().find(|recent| recent.certificate.is_some());
    newest.map_or(Height::ZERO, |recent| recent.result.height)
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
