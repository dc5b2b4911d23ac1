//! A database in memory that can crash, tear, refuse and rot on request.
//!
//! Clones share the data, as several handles on one disk. What was not synced is undone by
//! [`MemoryStore::crash`], newest batch first, as many as the caller says: a disk may have kept more
//! than it promised, but never a later batch without the earlier ones.

use super::{Batch, Change, Direction, KeyRange, Removed, Rows, Space, Store, StoreError};
use crate::event::event_height;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// A database in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Disk>>);

#[derive(Debug, Default)]
struct Disk {
    spaces: BTreeMap<Space, Map>,
    /// For each batch since the last sync, what undoes it.
    unsynced: Vec<Vec<Change>>,
    writes: u64,
    fault: Option<(u64, Fault)>,
    down: bool,
}

/// What a failing write leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing of the batch.
    Lost,
    /// All of the batch, though the writer is told that it failed.
    Kept,
}

impl MemoryStore {
    /// An empty database.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of batches written so far.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.disk().writes
    }

    /// Makes the write after the next `writes` ones fail, and everything after it until
    /// [`MemoryStore::crash`].
    pub fn fail_after(&self, writes: u64, fault: Fault) {
        let mut disk = self.disk();
        disk.fault = Some((disk.writes.saturating_add(writes), fault));
    }

    /// Batches that a power loss may take.
    #[must_use]
    pub fn unsynced(&self) -> usize {
        self.disk().unsynced.len()
    }

    /// Power loss and restart: of the batches since the last sync only the first `kept` remain, and
    /// the disk works again.
    pub fn crash(&self, kept: usize) {
        let mut disk = self.disk();
        while disk.unsynced.len() > kept {
            for change in disk.unsynced.pop().into_iter().flatten().rev() {
                disk.apply(change);
            }
        }
        disk.unsynced.clear();
        disk.fault = None;
        disk.down = false;
    }

    /// Flips one bit of a stored value; answers whether there was such a bit.
    #[must_use]
    pub fn rot(&self, space: Space, key: &[u8], bit: usize) -> bool {
        let mut disk = self.disk();
        let byte =
            disk.spaces.get_mut(&space).and_then(|map| map.get_mut(key)).and_then(|value| value.get_mut(bit / 8));
        byte.map(|byte| *byte ^= 1 << (bit % 8)).is_some()
    }

    /// Forgets a value, as a lost block of a disk would.
    pub fn lose(&self, space: Space, key: &[u8]) {
        self.disk().apply(Change { space, key: key.to_vec(), value: None });
    }

    /// Puts the value of one key in the place of another's, as a misdirected write would.
    pub fn misplace(&self, space: Space, from: &[u8], to: &[u8]) {
        let mut disk = self.disk();
        let value = disk.spaces.get(&space).and_then(|map| map.get(from)).cloned();
        disk.apply(Change { space, key: to.to_vec(), value });
    }

    /// Number of keys in a space.
    #[must_use]
    pub fn count(&self, space: Space) -> usize {
        self.disk().spaces.get(&space).map_or(0, BTreeMap::len)
    }

    /// The key at a place in their order.
    #[must_use]
    pub fn key(&self, space: Space, place: usize) -> Option<Vec<u8>> {
        self.disk().spaces.get(&space).and_then(|map| map.keys().nth(place)).cloned()
    }

    /// Bytes of a value, none if there is none.
    #[must_use]
    pub fn length(&self, space: Space, key: &[u8]) -> usize {
        self.disk().spaces.get(&space).and_then(|map| map.get(key)).map_or(0, Vec::len)
    }

    /// A copy that shares nothing.
    #[must_use]
    pub fn fork(&self) -> Self {
        let disk = self.disk();
        Self(Arc::new(Mutex::new(Disk {
            spaces: disk.spaces.clone(),
            unsynced: disk.unsynced.clone(),
            writes: disk.writes,
            fault: disk.fault,
            down: disk.down,
        })))
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    /// Applies a change and answers what undoes it.
    fn apply(&mut self, change: Change) -> Change {
        let Change { space, key, value } = change;
        let map = self.spaces.entry(space).or_default();
        let before = match value {
            Some(value) => map.insert(key.clone(), value),
            None => map.remove(&key),
        };
        Change { space, key, value: before }
    }

    /// The removals of all keys of a range.
    fn within(&self, range: &Removed) -> Vec<Change> {
        let Some(map) = self.spaces.get(&range.space).filter(|_| range.from < range.to) else { return Vec::new() };
        let keys = map.range(range.from.clone()..range.to.clone()).map(|(key, _)| key.clone());
        keys.map(|key| Change { space: range.space, key, value: None }).collect()
    }

    fn write(&mut self, batch: Batch, sync: bool) -> Result<(), StoreError> {
        if self.down {
            return Err(StoreError::Injected);
        }
        let fault = self.fault.filter(|(at, _)| *at <= self.writes).map(|(_, fault)| fault);
        if fault != Some(Fault::Lost) {
            let (ranges, changes) = batch.into_parts();
            let removed = ranges.iter().flat_map(|range| self.within(range)).collect::<Vec<_>>();
            let undo = removed.into_iter().chain(changes).map(|change| self.apply(change)).collect();
            self.unsynced.push(undo);
            self.writes = self.writes.saturating_add(1);
        }
        self.down = fault.is_some();
        if sync && fault != Some(Fault::Lost) {
            self.unsynced.clear();
        }
        if fault.is_some() { Err(StoreError::Injected) } else { Ok(()) }
    }
}

impl Store for MemoryStore {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.disk().spaces.get(&space).and_then(|map| map.get(key)).cloned())
    }

    fn scan(&self, space: Space, range: &KeyRange, direction: Direction, limit: usize) -> Result<Rows, StoreError> {
        let disk = self.disk();
        let Some(map) = disk.spaces.get(&space).filter(|_| !range.is_empty()) else { return Ok(Rows::new()) };
        let rows = map.range((range.from.clone(), range.to.clone()));
        let own = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        Ok(match direction {
            Direction::Forward => rows.take(limit).map(own).collect(),
            Direction::Backward => rows.rev().take(limit).map(own).collect(),
        })
    }

    fn write(&self, batch: Batch, sync: bool) -> Result<(), StoreError> {
        self.disk().write(batch, sync)
    }

    fn discard(&self, space: Space, to: &[u8]) -> Result<(), StoreError> {
        let mut disk = self.disk();
        if let Some(map) = disk.spaces.get_mut(&space) {
            *map = map.split_off(to);
        }
        Ok(())
    }

    fn forget_events(&self, below: u64) {
        if let Some(events) = self.disk().spaces.get_mut(&Space::Events) {
            events.retain(|key, _| event_height(key).is_none_or(|height| height >= below));
        }
    }
}
