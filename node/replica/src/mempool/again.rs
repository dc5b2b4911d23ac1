//! Gossip can get lost: what a client handed in here and no block takes is gossiped again, less and less often.

use crate::limits::{GOSSIP_AGAIN_MAX, GOSSIP_AGAIN_SHIFT_MAX};
use countersign_types::{Hash, TimestampMs};
use std::collections::{BTreeMap, BTreeSet};

/// When which transaction is to be gossiped again.
#[derive(Debug, Default)]
pub(super) struct Again {
    due: BTreeSet<(TimestampMs, Hash)>,
    watched: BTreeMap<Hash, Watched>,
}

#[derive(Debug, Clone, Copy)]
struct Watched {
    at: TimestampMs,
    times: u32,
}

impl Again {
    /// A transaction was gossiped for the first time; the next time is after `patience` milliseconds.
    pub(super) fn watch(&mut self, hash: Hash, now: TimestampMs, patience: u64) {
        self.schedule(hash, now, patience, 0);
    }

    /// Number of transactions that are watched.
    pub(super) fn len(&self) -> usize {
        self.watched.len().max(self.due.len())
    }

    /// A transaction left the pool.
    pub(super) fn forget(&mut self, hash: &Hash) {
        if let Some(watched) = self.watched.remove(hash) {
            self.due.remove(&(watched.at, *hash));
        }
    }

    /// Those whose time has come, a bounded number; their next time is twice as far away.
    pub(super) fn take_due(&mut self, now: TimestampMs, patience: u64) -> Vec<Hash> {
        let due: Vec<Hash> =
            self.due.iter().take(GOSSIP_AGAIN_MAX).take_while(|(at, _)| *at <= now).map(|(_, hash)| *hash).collect();
        for hash in &due {
            let times = self.watched.get(hash).map_or(0, |watched| watched.times);
            self.forget(hash);
            self.schedule(*hash, now, patience, times.saturating_add(1).min(GOSSIP_AGAIN_SHIFT_MAX));
        }
        due
    }

    /// When the next one is due.
    pub(super) fn next_at(&self) -> Option<TimestampMs> {
        self.due.first().map(|(at, _)| *at)
    }

    fn schedule(&mut self, hash: Hash, now: TimestampMs, patience: u64, times: u32) {
        let at = now.plus(patience.max(1) << times);
        self.due.insert((at, hash));
        self.watched.insert(hash, Watched { at, times });
    }
}
