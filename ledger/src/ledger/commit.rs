//! One block, one batch.

use super::{ExecutedBlock, Ledger};
use crate::error::LedgerError;
use crate::event::{index_events, records};
use crate::limits::{PRUNED_HEIGHTS_PER_COMMIT, STATE_HEIGHTS_RETAINED};
use crate::range_tree::{Owner, RangeTree};
use crate::record::{
    MARK, META_TIP, Packed, Place, StoredEpoch, StoredHeader, StoredStale, StoredTip, TRANSACTION_NAMES, encode_place,
    encode_value, epoch_key, height_key, key_mark, log_key, log_prefix, mark, number_key, override_key, put_sealed,
    transaction_names,
};
use crate::shared::Shared;
use crate::store::{Batch, Space, Store};
use crate::tip::Tip;
use crate::tree::{Changes, Node, Update, Write, encode_node};
use countersign_types::receipt::EventRecord;
use countersign_types::state::{path, value_hash};
use countersign_types::{
    Epoch, ExecutionResult, Hash, Height, ValidatorSet, codec, merkle, overrides, state_key, vote::Phase,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// New state, worked out but not yet stored.
pub(super) struct StateChange<'a> {
    pub(super) root: Node,
    changes: Changes,
    writes: Vec<(&'a [u8], Option<&'a [u8]>)>,
}

impl<'a> StateChange<'a> {
    pub(super) fn new<S: Store>(
        shared: &Shared<S>,
        root: &Node,
        writes: &'a BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        next_page: u64,
        next_value: u64,
    ) -> Result<Self, LedgerError> {
        let writes: Vec<_> = writes.iter().map(|(key, value)| (key.as_slice(), value.as_deref())).collect();
        let mut hashed: Vec<Write> = writes
            .iter()
            .enumerate()
            .map(|(source, (key, value))| Write { path: path(key), value: value.map(value_hash), source })
            .collect();
        hashed.sort_unstable_by_key(|write| write.path);
        let (root, changes) = Update::new(shared, next_page, next_value).apply(root, &hashed)?;
        Ok(Self { root, changes, writes })
    }

    fn put(&mut self, height: Height, batch: &mut Batch) {
        for (id, _, bytes) in &mut self.changes.pages {
            batch.put(Space::Pages, number_key(*id), std::mem::take(bytes));
        }
        let write = |source: &usize| self.writes.get(*source).copied().unwrap_or_default();
        for (at, source) in &self.changes.values {
            let (key, value) = write(source);
            batch.put(Space::Values, number_key(*at), encode_value(key, value.unwrap_or_default()));
        }
        for source in &self.changes.inserted {
            let (key, _) = write(source);
            batch.put(Space::Keys, key, key_mark(key));
        }
        for source in &self.changes.removed {
            batch.remove(Space::Keys, write(source).0);
        }
        let stale = StoredStale { pages: self.changes.stale_pages.clone(), values: self.changes.stale_values.clone() };
        if height > Height::ZERO {
            batch.put(Space::Stale, height_key(height), codec::encode(&stale));
        }
        let mut root = Vec::new();
        encode_node(&self.root, &mut root);
        batch.put(Space::Roots, height_key(height), root);
    }
}

/// The set that a block makes the next height's, if it is one.
fn new_set(block: &ExecutedBlock) -> Option<ValidatorSet> {
    let bytes = block.writes.get(&state_key::validators())?.as_deref()?;
    codec::decode::<ValidatorSet>(bytes, bytes.len()).ok()?.checked().ok()
}

/// Notes an epoch that begins above a height.
pub(super) fn put_epoch(batch: &mut Batch, epoch: Epoch, origin: Height, validators: &ValidatorSet) {
    let stored = StoredEpoch { origin, validators: validators.clone() };
    put_sealed(batch, Space::Meta, &epoch_key(epoch), &stored);
}

impl<S: Store> Ledger<S> {
    /// Commits the next block in one atomic synced batch; answers the result to vote on.
    ///
    /// # Errors
    /// [`LedgerError::Block`] if it does not follow the tip or its parts do not belong together,
    /// [`LedgerError::Diverged`] if its result is not the expected one; then nothing has changed. After any other error the node must stop.
    pub fn commit(&mut self, block: ExecutedBlock) -> Result<ExecutionResult, LedgerError> {
        self.refuse_if_poisoned()?;
        self.check(&block)?;
        let height = block.block.header.height;
        let shared = self.shared.clone();
        let root = shared.root(self.tip.height)?;
        let state = StateChange::new(&shared, &root, &block.writes, self.next_page, self.next_value)?;
        let events = records(height, &block.receipts);
        let receipts: Vec<Hash> = block.receipts.iter().map(countersign_types::Receipt::hash).collect();
        let result = self.result(&block, &receipts, &events, state.root.hash())?;
        if let Some(certified) = block.expected.filter(|certified| *certified != result.hash()) {
            return Err(LedgerError::Diverged { height, own: result.hash(), certified });
        }
        let mut batch = Batch::default();
        let mut range = self.tip.range.clone();
        range.append_noting(&result.hash(), |place, hash| {
            if let Some(tree) = RangeTree::stored(place, hash) {
                Owner::RESULTS.put(&mut batch, &tree);
            }
        });

        let header = &block.block.header;
        let tip = Tip {
            height,
            block: result.block,
            time: header.time,
            epoch: header.epoch,
            view: header.view,
            result: result.clone(),
            range,
        };
        put_block(&mut batch, &block, &receipts, &result);
        put_logs(&mut batch, &block);
        if !block.overrides.is_empty() {
            put_sealed(&mut batch, Space::Meta, &override_key(height), &block.overrides);
        }
        // The first block after a restart puts its own set into the state.
        if let Some(set) = new_set(&block).filter(|set| set.hash() != header.validators) {
            put_epoch(&mut batch, header.epoch.next(), height, &set);
        }
        index_events(&mut batch, &events);
        self.write_state(batch, tip, state)?;
        Ok(result)
    }

    fn check(&self, block: &ExecutedBlock) -> Result<(), LedgerError> {
        let (header, tip) = (&block.block.header, &self.tip);
        let names = block.block.transactions.iter();
        let (epoch, _, validators) = self.reader().newest_epoch()?;
        let faults = [
            (header.chain != self.shared.chain, "it is of another chain"),
            (header.height != tip.height.next(), "it is not the next height"),
            (header.parent != tip.block, "its parent is another block"),
            (header.time <= tip.time, "it is not later than its parent"),
            (header.validators != validators.hash(), "it names other validators"),
            (header.epoch != epoch, "it is of another epoch"),
            (block.certificate.phase != Phase::Commit, "its certificate is not of COMMITs"),
            (
                !names.eq(block.transactions.iter().map(|transaction| &transaction.signed_hash)),
                "its transactions are others",
            ),
            (
                !block.receipts.iter().map(|receipt| &receipt.transaction).eq(block.transactions.iter().map(|t| &t.id)),
                "its receipts are for other transactions",
            ),
            (
                !block
                    .receipts
                    .iter()
                    .zip(0u32..)
                    .all(|(receipt, index)| receipt.index == index && receipt.height == header.height),
                "its receipts are of another place",
            ),
        ];
        match faults.into_iter().find(|(is_fault, _)| *is_fault) {
            Some((_, what)) => Err(LedgerError::Block { height: header.height, tip: tip.height, what }),
            None => Ok(()),
        }
    }

    fn result(
        &self,
        block: &ExecutedBlock,
        receipts: &[Hash],
        events: &[EventRecord],
        state_root: Hash,
    ) -> Result<ExecutionResult, LedgerError> {
        let events: Vec<Hash> = events.iter().map(EventRecord::hash).collect();
        let next_validators = match block.writes.get(&state_key::validators()) {
            None => self.tip.result.next_validators,
            Some(_) => new_set(block).map(|set| set.hash()).ok_or(LedgerError::Block {
                height: block.block.header.height,
                tip: self.tip.height,
                what: "it sets validators that are no set",
            })?,
        };
        Ok(ExecutionResult {
            height: block.block.header.height,
            block: block.block.hash(),
            state_root,
            receipts_root: merkle::root(receipts),
            events_root: merkle::root(&events),
            next_validators,
            range_root: self.tip.range.root(),
            overrides: overrides::root(&block.overrides),
        })
    }

    /// Adds state and tip to a batch, writes it, and shows it to readers.
    pub(super) fn write_state(
        &mut self,
        mut batch: Batch,
        tip: Tip,
        mut state: StateChange<'_>,
    ) -> Result<(), LedgerError> {
        state.put(tip.height, &mut batch);
        let oldest = self.prune(tip.height, &mut batch)?;
        let after = |next: u64, last: Option<u64>| last.map_or(next, |last| last.saturating_add(1));
        let next_page = after(self.next_page, state.changes.pages.last().map(|(id, ..)| *id));
        let next_value = after(self.next_value, state.changes.values.last().map(|(at, _)| *at));
        let stored = StoredTip { tip, next_page, next_value, oldest };
        put_sealed(&mut batch, Space::Meta, META_TIP, &stored);
        self.write(batch, true)?;

        let tip = Arc::new(stored.tip);
        for (id, page, _) in state.changes.pages {
            self.shared.keep_page(id, page);
        }
        let mut view = self.shared.view_mut();
        view.roots.insert(tip.height, state.root);
        view.roots = view.roots.split_off(&oldest);
        view.tip = tip.clone();
        drop(view);
        (self.tip, self.next_page, self.next_value, self.oldest) = (tip, next_page, next_value, oldest);
        Ok(())
    }

    /// Removes what only heights before the new oldest one need; answers that height. It never
    /// passes the last certified height.
    fn prune(&self, tip: Height, batch: &mut Batch) -> Result<Height, LedgerError> {
        let target = Height((tip.0.saturating_add(1)).saturating_sub(STATE_HEIGHTS_RETAINED));
        let target = target.min(self.shared.view().certified);
        let mut oldest = self.oldest;
        for _ in 0..PRUNED_HEIGHTS_PER_COMMIT {
            if oldest >= target {
                break;
            }
            batch.remove(Space::Roots, height_key(oldest));
            oldest = oldest.next();
            let key = height_key(oldest);
            let place = Place { what: "the list of superseded records", space: Space::Stale, key: &key };
            let bytes = self.shared.store.get(Space::Stale, &key)?.ok_or_else(|| place.damaged())?;
            let stale: StoredStale = place.decode(&bytes)?;
            for page in stale.pages {
                batch.remove(Space::Pages, number_key(page));
            }
            for value in stale.values {
                batch.remove(Space::Values, number_key(value));
            }
            batch.remove(Space::Stale, key);
        }
        Ok(oldest)
    }
}

fn put_block(batch: &mut Batch, block: &ExecutedBlock, hashes: &[Hash], result: &ExecutionResult) {
    let height = result.height;
    let key = height_key(height);
    let stored = StoredHeader {
        header: block.block.header.clone(),
        certificate: block.certificate.clone(),
        result: result.clone(),
    };
    put_sealed(batch, Space::Headers, &key, &stored);
    batch.put(Space::Blocks, result.block.0, height.0.to_le_bytes());
    let mut bodies = Packed::<TRANSACTION_NAMES>::default();
    for (transaction, index) in block.transactions.iter().zip(0..) {
        bodies.push(&transaction_names(&transaction.id, &transaction.signed_hash), &transaction.bytes);
        batch.put(Space::Places, transaction.id.0, encode_place(height, index));
    }
    batch.put(Space::Bodies, key, bodies.into_bytes());
    let mut receipts = Packed::<MARK>::default();
    for (receipt, hash) in block.receipts.iter().zip(hashes) {
        receipts.push(&mark(hash), &codec::encode(receipt));
    }
    batch.put(Space::Receipts, key, receipts.into_bytes());
}

fn put_logs(batch: &mut Batch, block: &ExecutedBlock) {
    for appended in &block.log_records {
        let prefix = log_prefix(&appended.contract, &appended.key);
        batch.put(Space::Logs, log_key(prefix, appended.index), appended.record.to_bytes());
        for tree in &appended.trees {
            Owner::log(&appended.contract, &appended.key).put(batch, tree);
        }
    }
}
