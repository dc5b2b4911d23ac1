//! The state's change by a block, and the rows that hold the state.
//!
//! A block adds packs of buckets and of values, a [`Delta`], and some partitions of the list of places. Nothing of it is
//! part of the result but the root's hash.

pub(crate) mod load;
pub(crate) mod roots;

use crate::error::LedgerError;
use crate::limits::{
    BUCKET_LEAVES_MAX, DELTA_PER_TABLE_BYTES, FLOORS_NOTED_EVERY, INNER_MEMORY_BYTES, PACK_BYTES,
    TABLE_PARTITIONS_PER_COMMIT,
};
use crate::record::{Place, height_key, key_mark, number_key};
use crate::shared::Shared;
use crate::store::{Batch, Space, Store};
use crate::tree::{
    Accounts, Bounds, Bucket, Change, Changes, Delta, LEAF_BYTES, Link, Node, Prefix, Update, Write, relocate, table,
    units,
};
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::Height;
use countersign_types::state::{path, value_hash};
use std::collections::{BTreeMap, BTreeSet};

/// Value of `state` in [`Space::Meta`].
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub(crate) struct StoredState {
    /// The accounts at the tip.
    pub(crate) accounts: Accounts,
    /// The partition of the list of places that is written next.
    pub(crate) next_partition: u16,
    /// Height at which the first partition was written for the last time.
    pub(crate) round: Height,
    /// The oldest height whose delta some partition does not know yet.
    pub(crate) redo: Height,
    /// PackFloors of some heights, rising: the last one that is not above the oldest height kept, and all above that.
    pub(crate) floors: Vec<PackFloors>,
}

/// The oldest packs that a height refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub(crate) struct PackFloors {
    pub(crate) height: Height,
    pub(crate) pages: u64,
    pub(crate) values: u64,
}

/// New state, worked out but not yet stored.
pub(crate) struct StateChange<'a> {
    pub(crate) root: Node,
    changes: Changes,
    keys: Vec<&'a [u8]>,
}

impl<'a> StateChange<'a> {
    pub(crate) fn new<S: Store>(
        shared: &Shared<S>,
        root: &Node,
        writes: &'a BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        mut accounts: Accounts,
    ) -> Result<Self, LedgerError> {
        let hashed = |(source, (key, value)): (usize, (&Vec<u8>, &Option<Vec<u8>>))| match value {
            Some(value) => Write::put(path(key), value_hash(value), source),
            None => Write::remove(path(key), source),
        };
        let mut list: Vec<Write> = writes.iter().enumerate().map(hashed).collect();
        let own = writes.iter().fold(0u64, |own, (key, value)| {
            own.saturating_add(units(key.len().saturating_add(value.as_ref().map_or(0, Vec::len))))
        });
        let pack = |space| move |number| shared.pack(space, number);
        let moved = relocate::values(
            shared,
            root,
            &mut accounts.values,
            Bounds::of(own),
            pack(Space::Values),
            writes.len(),
            &mut list,
        )?;
        let buckets = u64::try_from(list.len()).unwrap_or(u64::MAX);
        let own = buckets.saturating_mul(units(BUCKET_LEAVES_MAX * LEAF_BYTES));
        relocate::pages(root, &mut accounts.pages, Bounds::of(own), pack(Space::Pages), &mut list)?;
        relocate::sort(&mut list);
        let own = writes.iter().map(|(key, value)| (key.as_slice(), value.as_deref().unwrap_or_default()));
        let entries: Vec<(&[u8], &[u8])> =
            own.chain(moved.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))).collect();
        let (root, changes) = Update::new(shared, accounts, &entries).apply(root, &list)?;
        Ok(Self { root, changes, keys: writes.keys().map(Vec::as_slice).collect() })
    }

    /// Adds the rows of a height to a batch; answers what stands in `state` afterwards.
    pub(crate) fn put(
        &mut self,
        height: Height,
        before: &StoredState,
        filled: &mut BTreeSet<u16>,
        batch: &mut Batch,
    ) -> StoredState {
        for (number, row) in std::mem::take(&mut self.changes.pages) {
            batch.put(Space::Pages, number_key(number), row);
        }
        for (number, row) in std::mem::take(&mut self.changes.values) {
            batch.put(Space::Values, number_key(number), row);
        }
        let key = |source: &usize| self.keys.get(*source).copied().unwrap_or_default();
        for source in &self.changes.inserted {
            batch.put(Space::Keys, key(source), key_mark(key(source)));
        }
        for source in &self.changes.removed {
            batch.remove(Space::Keys, key(source));
        }
        let accounts = self.changes.accounts;
        let delta = Delta { accounts, changes: std::mem::take(&mut self.changes.places) };
        let bytes = put_delta(batch, height, &delta);
        let mut stored = StoredState { accounts, ..before.clone() };
        stored.put_partitions(height, &self.root, bytes, filled, batch);
        if height.0.is_multiple_of(FLOORS_NOTED_EVERY) {
            let (pages, values) = (accounts.pages.floor, accounts.values.floor);
            stored.floors.push(PackFloors { height, pages, values });
        }
        self.changes.places = delta.changes;
        stored
    }

    /// Buckets that are new, and locations of those that the tip does not need any more.
    pub(crate) fn buckets(&mut self) -> (Vec<(Link, Bucket)>, Vec<Link>) {
        let old = self.changes.places.iter().filter_map(|change| change.old).collect();
        (std::mem::take(&mut self.changes.buckets), old)
    }

    /// Memory of the nodes that this root has and the one before has not.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.changes.inners.saturating_mul(INNER_MEMORY_BYTES)
    }
}

impl StoredState {
    /// Writes the next partitions: half as many bytes as the height's delta has, so that deltas since the oldest of them have
    /// about twice as many bytes as the list.
    fn put_partitions(
        &mut self,
        height: Height,
        root: &Node,
        bytes: usize,
        filled: &mut BTreeSet<u16>,
        batch: &mut Batch,
    ) {
        let mut written = 0usize;
        for _ in 0..TABLE_PARTITIONS_PER_COMMIT {
            written = written.saturating_add(put_partition(batch, self.next_partition, root, filled));
            self.next_partition = self.next_partition.saturating_add(1);
            if self.next_partition == table::PARTITIONS {
                self.next_partition = 0;
                // All partitions have been written since the round began, so they know all deltas up to that height's.
                self.redo = self.round.next();
                self.round = height.next();
                break;
            }
            if written >= (bytes / DELTA_PER_TABLE_BYTES).max(PACK_BYTES) {
                break;
            }
        }
    }

    /// Writes all partitions as they stand at a height.
    pub(crate) fn put_table(&mut self, height: Height, root: &Node, filled: &mut BTreeSet<u16>, batch: &mut Batch) {
        for partition in 0..table::PARTITIONS {
            put_partition(batch, partition, root, filled);
        }
        (self.next_partition, self.round, self.redo) = (0, height.next(), height.next());
    }

    /// Notes that buckets of the tip stand elsewhere now: the delta that leads to it leads there. The list of places is written
    /// anew from the next height on, since what was written of it since its round began does not know that.
    pub(crate) fn put_moved(
        &mut self,
        tip: Height,
        mut delta: Delta,
        accounts: Accounts,
        moved: &[Change],
        batch: &mut Batch,
    ) {
        delta.amend(accounts, moved);
        put_delta(batch, tip, &delta);
        self.accounts = accounts;
        self.redo = self.redo.min(tip);
        (self.next_partition, self.round) = (0, tip.next());
    }

    /// Notes the accounts of a height that no delta leads to.
    pub(crate) fn put_accounts(&self, height: Height, batch: &mut Batch) {
        put_delta(batch, height, &Delta { accounts: self.accounts, changes: Vec::new() });
    }

    /// Forgets floors that no kept height needs; answers the packs below which everything may go, if they are others than before.
    pub(crate) fn forget_floors(&mut self, oldest: Height) -> Option<PackFloors> {
        let needed = self.floors.partition_point(|floors| floors.height <= oldest).saturating_sub(1);
        self.floors.drain(..needed);
        self.floors.first().copied().filter(|_| needed > 0)
    }
}

/// Bytes of the row.
fn put_delta(batch: &mut Batch, height: Height, delta: &Delta) -> usize {
    let key = height_key(height);
    let row = Place { what: "", space: Space::Deltas, key: &key }.seal(delta);
    let bytes = row.len();
    batch.put(Space::Deltas, key, row);
    bytes
}

/// Bytes of the row, if there is one.
fn put_partition(batch: &mut Batch, partition: u16, root: &Node, filled: &mut BTreeSet<u16>) -> usize {
    let key = partition.to_be_bytes();
    let places: Vec<(Prefix, Link)> = table::places(root, partition);
    if places.is_empty() {
        if filled.remove(&partition) {
            batch.remove(Space::Table, key);
        }
        return 0;
    }
    filled.insert(partition);
    let row = Place { what: "", space: Space::Table, key: &key }.seal(&places);
    let bytes = row.len();
    batch.put(Space::Table, key, row);
    bytes
}
