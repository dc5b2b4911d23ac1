//! When there is something to put in a block: waiting transactions, or a scheduled call whose time has come.
//!
//! A block that is not executed yet runs what is due at its time, so it is no reason for another one, unless it stays
//! without finality: consensus sees to that by itself only where a block holds transactions.

use super::Replica;
use crate::error::ReplicaError;
use crate::state_source::Latest;
use countersign_consensus::Event;
use countersign_ledger::Store;
use countersign_types::TimestampMs;

/// How long a block that runs scheduled calls may stay without finality before another one is due, as a part of the
/// first timeout: as long as consensus gives one with transactions.
const GRACE_PART: u64 = 4;

impl<S: Store> Replica<S> {
    /// Tells the engine if there is something now, or no longer; whether that is news.
    pub(super) fn tell_due(&mut self) -> bool {
        let calls = self.scheduled_due_at().is_some_and(|at| at <= self.now);
        let pending = self.mempool.has_free() || calls;
        let is_news = pending != self.pending;
        if is_news {
            self.pending = pending;
            self.events.push_back(Event::Due(pending));
        }
        is_news
    }

    /// When to look again, if a scheduled call waits for its time.
    pub(super) fn next_due_at(&self) -> Option<TimestampMs> {
        self.scheduled_due_at().filter(|at| *at > self.now)
    }

    /// Notes which scheduled call comes first, after each block.
    pub(super) fn note_first_due(&mut self) -> Result<(), ReplicaError> {
        self.first_due = Latest(&self.reader).first_due()?;
        Ok(())
    }

    /// From when on a block is due for the scheduled call that comes first.
    fn scheduled_due_at(&self) -> Option<TimestampMs> {
        let first = self.first_due?;
        if self.finalised.iter().any(|(block, _)| block.header.time >= first) {
            return None;
        }
        let open = self.open.keys().filter_map(|block| Some(self.payloads.find(block)?.block.header.time));
        let grace = self.rules.view_timeout_ms.checked_div(GRACE_PART).unwrap_or(0);
        Some(open.filter(|time| *time >= first).max().map_or(first, |newest| newest.plus(grace)))
    }
}
