//! Blocks that are needed and not here.

use crate::limits::{FETCH_TRIES_MAX, FETCHES_MAX};
use countersign_types::{Hash, TimestampMs};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
struct Want {
    peer: u16,
    next_at: TimestampMs,
    tries: u32,
}

/// A request to send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) block: Hash,
    pub(crate) peer: u16,
    /// Asked so often in vain that catching up is the better way.
    pub(crate) exhausted: bool,
}

/// Wanted blocks by hash.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fetch {
    wants: BTreeMap<Hash, Want>,
}

impl Fetch {
    /// Asks for a block, first at `at` and from `peer`.
    pub(crate) fn want(&mut self, block: Hash, peer: u16, at: TimestampMs) {
        if self.wants.len() < FETCHES_MAX {
            self.wants.entry(block).or_insert(Want { peer, next_at: at, tries: 0 });
        }
    }

    /// Number of wanted blocks.
    pub(crate) fn len(&self) -> usize {
        self.wants.len()
    }

    pub(crate) fn wants(&self, block: &Hash) -> bool {
        self.wants.contains_key(block)
    }

    /// It came, or is not needed any more.
    pub(crate) fn done(&mut self, block: &Hash) {
        self.wants.remove(block);
    }

    /// Forgets what is no longer needed.
    pub(crate) fn retain(&mut self, needed: impl Fn(&Hash) -> bool) {
        self.wants.retain(|block, _| needed(block));
    }

    pub(crate) fn clear(&mut self) {
        self.wants.clear();
    }

    /// Requests whose time has come; each goes to the next of `count` peers the time after.
    pub(crate) fn due(&mut self, now: TimestampMs, interval: u64, count: u16, own: Option<u16>) -> Vec<Request> {
        let mut requests = Vec::new();
        for (block, want) in self.wants.iter_mut().filter(|(_, want)| want.next_at <= now) {
            if Some(want.peer) == own {
                want.peer = following(want.peer, count);
            }
            want.tries = want.tries.saturating_add(1);
            requests.push(Request { block: *block, peer: want.peer, exhausted: want.tries > FETCH_TRIES_MAX });
            want.next_at = now.plus(interval);
            want.peer = following(want.peer, count);
        }
        requests
    }

    pub(crate) fn next_at(&self) -> Option<TimestampMs> {
        self.wants.values().map(|want| want.next_at).min()
    }

    /// The clock was set back: nothing waits longer than one interval.
    pub(crate) fn clamp(&mut self, now: TimestampMs, interval: u64) {
        for want in self.wants.values_mut() {
            want.next_at = want.next_at.min(now.plus(interval));
        }
    }
}

/// The next peer in turn.
pub(crate) fn following(peer: u16, count: u16) -> u16 {
    if peer.saturating_add(1) >= count { 0 } else { peer.saturating_add(1) }
}
