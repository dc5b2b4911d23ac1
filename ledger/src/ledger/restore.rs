//! A store on the way from a snapshot to a ledger.
//!
//! Until the last write the store holds a row that says so, and no format: [`Ledger::open`] refuses it by
//! [`LedgerError::HalfRestored`], whatever else is there.

use super::Ledger;
use super::commit::{put_epoch, put_header};
use crate::error::LedgerError;
use crate::range_tree::{Owner, RangeTree};
use crate::record::{
    FORMAT, META_BASE, META_CERTIFIED, META_CHAIN, META_FLOORS, META_FORMAT, META_RESTORING, META_STATE, META_TIP,
    Place, StoredBase, StoredTip, height_key, log_key, log_prefix, override_key, put_sealed, restart_key,
};
use crate::retention::Floors;
use crate::shared::{Shared, View};
use crate::snapshot::{Carried, LogHead, LogsPiece, Snapshot, StatePiece};
use crate::state::{PackFloors, StateChange, StoredState};
use crate::store::{Batch, Direction, KeyRange, Space, Store};
use crate::tip::Tip;
use crate::tree::{Accounts, Node};
use countersign_types::log::LogRecord;
use countersign_types::range::Range;
use countersign_types::{Certificate, ExecutionResult, Genesis, Hash, Header, Height};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A ledger that is being restored.
#[derive(Debug)]
pub(crate) struct Restoring<S> {
    shared: Shared<S>,
    height: Height,
    root: Node,
    /// What stands in `state` so far, and the partitions of the list of places that have a row.
    state: StoredState,
    filled: BTreeSet<u16>,
    /// The range over the records so far of the log that is being restored.
    range: Range,
}

impl<S: Store> Restoring<S> {
    /// Begins in an empty store.
    pub(crate) fn begin(store: S, genesis: &Genesis, snapshot: &Snapshot) -> Result<Self, LedgerError> {
        for space in Space::ALL {
            if !store.scan(space, &KeyRange::all(), Direction::Forward, 1)?.is_empty() {
                return Err(LedgerError::NotEmpty);
            }
        }
        let mut batch = Batch::default();
        put_sealed(&mut batch, Space::Meta, META_RESTORING, &snapshot.height());
        store.write(batch, true)?;
        let tip = Arc::new(Tip::of_genesis(genesis, Hash::ZERO));
        let shared = Shared::new(store, genesis.chain(), View::empty(tip));
        let (state, filled) = (StoredState::default(), BTreeSet::new());
        Ok(Self { shared, height: snapshot.height(), root: Node::Empty, state, filled, range: Range::default() })
    }

    /// Adds entries, whose keys are all new.
    pub(crate) fn state(&mut self, piece: StatePiece) -> Result<(), LedgerError> {
        let entries = piece.entries.into_iter().map(|(key, value)| (key, Some(value))).collect();
        let mut change = StateChange::new(&self.shared, &self.root, &entries, self.state.accounts)?;
        let mut batch = Batch::default();
        self.state = change.put(self.height, &self.state, &mut self.filled, &mut batch);
        let buckets = change.buckets();
        self.root = change.root;
        self.shared.store.write(batch, false)?;
        self.shared.keep_buckets(buckets);
        Ok(())
    }

    /// Adds records of logs, in order.
    pub(crate) fn logs(&mut self, logs: &[LogHead], piece: LogsPiece) -> Result<(), LedgerError> {
        let mut batch = Batch::default();
        for run in piece.runs {
            let Some(head) = usize::try_from(run.log).ok().and_then(|log| logs.get(log)) else { continue };
            let (prefix, owner) = (log_prefix(&head.contract, &head.key), Owner::log(&head.contract, &head.key));
            if run.index == 0 {
                self.range = Range::default();
            }
            for (bytes, index) in run.records.into_iter().zip(run.index..) {
                let damaged = || Place { what: "a log's record", space: Space::Logs, key: &prefix }.damaged();
                let item = LogRecord::from_bytes(&bytes).ok_or_else(damaged)?.item(&head.contract, &head.key, index);
                append(&mut batch, owner, &mut self.range, &item);
                batch.put(Space::Logs, log_key(prefix, index), bytes);
            }
        }
        Ok(self.shared.store.write(batch, false)?)
    }

    /// Makes it a ledger.
    pub(crate) fn finish(mut self, genesis: &Genesis, snapshot: &Snapshot) -> Result<Ledger<S>, LedgerError> {
        let (height, tip) = (snapshot.height(), snapshot.tip().clone());
        if self.root.hash() != tip.state_root() {
            return Err(LedgerError::Inconsistent { height, what: "the restored state has another root" });
        }
        let manifest = snapshot.manifest();
        let mut batch = Batch::default();
        for epoch in snapshot.epochs() {
            put_epoch(&mut batch, epoch.known.epoch, epoch.origin, &epoch.known.validators);
            if let Some(end) = &epoch.restart {
                put_sealed(&mut batch, Space::Meta, &restart_key(epoch.known.epoch), end);
            }
        }
        for link in &manifest.epochs {
            put_certified(&mut batch, &link.header, &link.finality, &link.end.result, &link.end.certificate);
        }
        let mut range = manifest.range.clone();
        for (place, hash) in range.trees() {
            Owner::RESULTS.put(&mut batch, &RangeTree { place, hash: *hash });
        }
        for Carried { header, finality, result, certificate, overrides } in &manifest.blocks {
            append(&mut batch, Owner::RESULTS, &mut range, &result.hash());
            put_certified(&mut batch, header, finality, result, certificate);
            if !overrides.is_empty() {
                put_sealed(&mut batch, Space::Meta, &override_key(header.height), overrides);
            }
        }
        batch.put(Space::Meta, META_FORMAT, FORMAT.to_le_bytes());
        batch.put(Space::Meta, META_CHAIN, genesis.chain().0);
        put_sealed(&mut batch, Space::Meta, META_BASE, &StoredBase { height, range: manifest.range.clone() });
        let floors = Floors { bodies: height.next(), receipts: height.next() };
        put_sealed(&mut batch, Space::Meta, META_FLOORS, &floors);
        put_sealed(&mut batch, Space::Meta, META_CERTIFIED, &height);
        // The list of places has all of it now. Of the delta only the accounts are needed, by who comes back to this height.
        let Accounts { pages, values } = self.state.accounts;
        self.state.put_table(height, &self.root, &mut self.filled, &mut batch);
        self.state.floors = vec![PackFloors { height, pages: pages.floor, values: values.floor }];
        self.state.put_accounts(height, &mut batch);
        put_sealed(&mut batch, Space::Meta, META_STATE, &self.state);
        put_sealed(&mut batch, Space::Meta, META_TIP, &StoredTip { tip, oldest: height });
        batch.remove(Space::Meta, META_RESTORING);
        let store = self.shared.store;
        store.write(batch, true)?;
        Ledger::open(store, genesis)
    }
}

/// Adds an item to a range, with the rows of the trees that it completes.
fn append(batch: &mut Batch, owner: Owner, range: &mut Range, item: &Hash) {
    range.append_noting(item, |place, hash| {
        if let Some(tree) = RangeTree::stored(place, hash) {
            owner.put(batch, &tree);
        }
    });
}

fn put_certified(
    batch: &mut Batch,
    header: &Header,
    finality: &Certificate,
    result: &ExecutionResult,
    certificate: &Certificate,
) {
    put_header(batch, header, finality, result);
    put_sealed(batch, Space::Certificates, &height_key(header.height), certificate);
}
