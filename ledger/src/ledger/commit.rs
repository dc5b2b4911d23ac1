//! One block, one batch.

use super::{ExecutedBlock, Ledger, StoredTransaction};
use crate::error::LedgerError;
use crate::event::{index_events, records};
use crate::range_tree::{Owner, RangeTree};
use crate::record::{
    MARK, META_FLOORS, META_STATE, META_TIP, Packed, StoredEpoch, StoredHeader, StoredTip, TRANSACTION_NAMES,
    encode_place, epoch_key, height_key, log_key, log_prefix, mark, number_key, override_key, put_sealed,
    transaction_names,
};
use crate::retention::Floors;
use crate::state::{PackFloors, StateChange};
use crate::store::{Batch, Space, Store};
use crate::tip::Tip;
use countersign_types::receipt::EventRecord;
use countersign_types::{
    Certificate, Epoch, ExecutionResult, Hash, Header, Height, Receipt, ValidatorSet, codec, merkle, overrides,
    state_key, vote::Phase,
};
use std::sync::Arc;

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
        let state = StateChange::new(&shared, &root, &block.writes, self.state.accounts)
            .map_err(|cause| shared.explain(self.tip.height, cause))?;
        let events = records(height, &block.receipts);
        let receipts: Vec<Hash> = block.receipts.iter().map(Receipt::hash).collect();
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
            (!are_for(&block.receipts, &block.transactions), "its receipts are for other transactions"),
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
        let oldest = self.retention.oldest_state(tip.height, self.shared.view().certified);
        // Nor does it pass a height that somebody reads.
        let oldest = oldest.min(self.shared.pinned(tip.height).unwrap_or(oldest)).max(self.oldest);
        let floors = self.prune_blocks(tip.height, &mut batch);
        let mut stored = state.put(tip.height, &self.state, &mut self.filled, &mut batch);
        let unneeded = stored.forget_floors(oldest);
        put_sealed(&mut batch, Space::Meta, META_TIP, &StoredTip { tip: tip.clone(), oldest });
        put_sealed(&mut batch, Space::Meta, META_STATE, &stored);
        {
            // Before the write: who misses a row afterwards must see that it was pruned.
            let mut view = self.shared.view_mut();
            (view.oldest, view.floors) = (oldest, floors);
        }
        self.write(batch, true)?;

        let tip = Arc::new(tip);
        self.shared.keep_buckets(state.buckets());
        let mut view = self.shared.view_mut();
        view.roots.push(tip.height, state.root.clone(), state.memory_bytes());
        view.tip = tip.clone();
        drop(view);
        self.shared.store.forget_events(floors.receipts.0);
        (self.tip, self.oldest, self.state) = (tip, oldest, stored);
        unneeded.map_or(Ok(()), |floors| self.discard(&floors))
    }

    /// Removes blocks' parts that are not kept any longer; answers from where on they are.
    fn prune_blocks(&self, tip: Height, batch: &mut Batch) -> Floors {
        let (before, certified) = {
            let view = self.shared.view();
            (view.floors, view.certified)
        };
        let floors = self.retention.floors(before, tip, certified, self.shared.held());
        for (space, from, to) in
            [(Space::Bodies, before.bodies, floors.bodies), (Space::Receipts, before.receipts, floors.receipts)]
        {
            if from < to {
                batch.remove_range(space, height_key(from), height_key(to));
            }
        }
        if floors != before {
            put_sealed(batch, Space::Meta, META_FLOORS, &floors);
        }
        floors
    }

    /// Lets go of what no kept height needs.
    fn discard(&mut self, floors: &PackFloors) -> Result<(), LedgerError> {
        let store = &self.shared.store;
        let gone = store
            .discard(Space::Pages, &number_key(floors.pages))
            .and_then(|()| store.discard(Space::Values, &number_key(floors.values)))
            .and_then(|()| store.discard(Space::Deltas, &height_key(self.oldest.min(self.state.redo))));
        gone.map_err(|cause| {
            self.poisoned = true;
            cause.into()
        })
    }
}

fn put_block(batch: &mut Batch, block: &ExecutedBlock, hashes: &[Hash], result: &ExecutionResult) {
    put_header(batch, &block.block.header, &block.certificate, result);
    put_bodies(batch, result.height, &block.transactions);
    put_receipts(batch, result.height, block.transactions.len(), &block.receipts, hashes);
}

/// Whether receipts begin with those of these transactions. Behind them stand those of scheduled calls.
pub(super) fn are_for(receipts: &[Receipt], transactions: &[StoredTransaction]) -> bool {
    receipts.len() >= transactions.len()
        && receipts.iter().zip(transactions).all(|(receipt, stored)| receipt.transaction == stored.id)
}

/// Header, finality certificate and result of a height, and the height of its block.
pub(super) fn put_header(batch: &mut Batch, header: &Header, certificate: &Certificate, result: &ExecutionResult) {
    let (header, certificate, result) = (header.clone(), certificate.clone(), result.clone());
    batch.put(Space::Blocks, result.block.0, result.height.0.to_le_bytes());
    let key = height_key(result.height);
    put_sealed(batch, Space::Headers, &key, &StoredHeader { header, certificate, result });
}

/// A height's transactions and their places.
pub(super) fn put_bodies(batch: &mut Batch, height: Height, transactions: &[StoredTransaction]) {
    let mut bodies = Packed::<TRANSACTION_NAMES>::default();
    for (transaction, index) in transactions.iter().zip(0..) {
        bodies.push(&transaction_names(&transaction.id, &transaction.signed_hash), &transaction.bytes);
        batch.put(Space::Places, transaction.id.0, encode_place(height, index));
    }
    batch.put(Space::Bodies, height_key(height), bodies.into_bytes());
}

/// A height's receipts, which have these hashes, and the places of those that are of scheduled calls.
pub(super) fn put_receipts(
    batch: &mut Batch,
    height: Height,
    transactions: usize,
    receipts: &[Receipt],
    hashes: &[Hash],
) {
    let mut packed = Packed::<MARK>::default();
    for scheduled in receipts.iter().skip(transactions) {
        batch.put(Space::Places, scheduled.transaction.0, encode_place(height, scheduled.index));
    }
    for (receipt, hash) in receipts.iter().zip(hashes) {
        packed.push(&mark(hash), &codec::encode(receipt));
    }
    batch.put(Space::Receipts, height_key(height), packed.into_bytes());
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
