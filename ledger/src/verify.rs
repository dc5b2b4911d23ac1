//! Checks a whole database again, from the genesis to the tip.
//!
//! Nothing that is stored is believed: hashes, roots and signatures are computed from what they
//! cover, the state root from the values themselves, and every index is compared with what it
//! indexes, in both directions. A fault does not end the check.

mod block;
mod log;
mod state;

use crate::error::LedgerError;
use crate::limits::FAULTS_LISTED_MAX;
use crate::range_tree::stored_trees;
use crate::reader::Reader;
use crate::store::{Direction, KeyRange, Space, Store};
use countersign_types::{Genesis, Height};
use std::ops::Bound;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Report {
    /// Blocks looked at.
    pub blocks: u64,
    /// Transactions looked at.
    pub transactions: u64,
    /// Certificates whose signatures were checked.
    pub certificates: u64,
    /// State entries hashed again.
    pub entries: u64,
    /// Records of logs looked at.
    pub log_records: u64,
    /// The first faults, in the order they were found.
    pub faults: Vec<Fault>,
    /// Number of all faults.
    pub faults_count: u64,
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The height it belongs to; the tip's for the state.
    pub height: Height,
    /// What it is.
    pub what: String,
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being checked: `blocks` or `state`.
    pub part: &'static str,
    /// Heights, or state entries, that are done.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults_count == 0
    }

    fn fault(&mut self, height: Height, what: impl Into<String>) {
        self.faults_count = self.faults_count.saturating_add(1);
        if self.faults.len() < FAULTS_LISTED_MAX {
            self.faults.push(Fault { height, what: what.into() });
        }
    }

    fn expect(&mut self, height: Height, holds: bool, what: &str) {
        if !holds {
            self.fault(height, what);
        }
    }

    /// Lists a failed read as a fault.
    fn taken<T>(&mut self, height: Height, read: Result<T, LedgerError>) -> Option<T> {
        read.map_err(|cause| self.fault(height, cause.to_string())).ok()
    }
}

/// Checks everything up to the tip. Meant for a database that nobody writes to meanwhile.
pub fn verify<S: Store>(reader: &Reader<S>, genesis: &Genesis, mut progress: impl FnMut(Progress)) -> Report {
    let mut report = Report::default();
    report.expect(Height::ZERO, reader.chain() == genesis.chain(), "the database is of another chain");
    let rows = block::check(reader, genesis, &mut report, &mut progress);
    let logs = state::check(reader, genesis, &mut report, &mut progress);
    let tip = reader.tip().height;
    for (space, expected) in [
        (Space::Headers, tip.0),
        (Space::Bodies, tip.0),
        (Space::Receipts, tip.0),
        (Space::Blocks, tip.0),
        (Space::Places, report.transactions),
        (Space::Events, rows.events),
        (Space::Keys, report.entries),
        (Space::Logs, logs.records),
        (Space::Trees, stored_trees(tip.0).saturating_add(logs.trees)),
    ] {
        let count = count(reader, space);
        if let Some(count) = report.taken(tip, count)
            && count != expected
        {
            report.fault(tip, format!("{space} has {count} rows, {expected} belong there"));
        }
    }
    report
}

/// Rows of a space.
fn count<S: Store>(reader: &Reader<S>, space: Space) -> Result<u64, LedgerError> {
    const ROWS: usize = 4096;
    let mut range = KeyRange::all();
    let mut count = 0u64;
    // Rows of whole blocks are large and few; they are read a few at a time.
    let at_once = if matches!(space, Space::Bodies | Space::Receipts) { 16 } else { ROWS };
    loop {
        let rows = reader.store().scan(space, &range, Direction::Forward, at_once)?;
        count = count.saturating_add(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        match rows.into_iter().last() {
            Some((key, _)) => range.from = Bound::Excluded(key),
            None => return Ok(count),
        }
    }
}
