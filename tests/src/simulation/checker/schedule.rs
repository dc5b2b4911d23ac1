//! Scheduled calls: each runs once, in the first block of its time behind the one that scheduled it, in order, and no
//! other call does.

use countersign_types::hash::Tag;
use countersign_types::{Hash, Header, Receipt, TimestampMs};
use std::collections::BTreeMap;

/// The calls that wait, far fewer than a block has room for.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// By time and number: the order in which they are to run.
    waiting: BTreeMap<(TimestampMs, u64), Hash>,
    booked: u64,
    ran: u64,
}

impl Schedule {
    /// A transaction scheduled a call for a time.
    pub(super) fn booked(&mut self, transaction: &Hash, at: TimestampMs) {
        let id = Hash::of_parts(Tag::SCHEDULED, &[&transaction.0, &0u32.to_le_bytes()]);
        self.waiting.insert((at, self.booked), id);
        self.booked += 1;
    }

    /// A block ran the calls of these receipts; earlier blocks scheduled what waits.
    pub(super) fn ran(&mut self, header: &Header, receipts: &[Receipt]) -> Result<(), String> {
        let later = self.waiting.split_off(&(header.time.next(), 0));
        let due: Vec<Hash> = std::mem::replace(&mut self.waiting, later).into_values().collect();
        let ran: Vec<Hash> = receipts.iter().map(|receipt| receipt.transaction).collect();
        if due != ran {
            return Err(format!("the calls {due:?} are due and {ran:?} ran"));
        }
        if let Some(failed) = receipts.iter().find(|receipt| !receipt.succeeded()) {
            return Err(format!("a call that nothing stands against failed: {failed:?}"));
        }
        self.ran += u64::try_from(ran.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Whether a call waits for its time.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Calls that ran.
    pub(super) fn count(&self) -> u64 {
        self.ran
    }
}
