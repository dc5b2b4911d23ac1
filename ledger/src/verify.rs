//! Checks a whole database again, from the genesis to the tip.
//!
//! Nothing that is stored is believed: hashes, roots and signatures are computed from what they
//! cover, the state root from the values themselves, and every index is compared with what it
//! indexes, in both directions. A fault does not end the check. Of what was pruned nothing can be checked but what headers and
//! results say of it; the report tells from which heights on the rest is.

mod base;
mod block;
mod log;
mod state;

use crate::error::LedgerError;
use crate::event::event_height;
use crate::limits::FAULTS_LISTED_MAX;
use crate::range_tree::stored_trees;
use crate::reader::Reader;
use crate::retention::Class;
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
    /// From which heights on transactions, receipts and states are kept, and were checked.
    pub kept_from: KeptFrom,
    /// What each space holds.
    pub spaces: Vec<SpaceRows>,
    /// The first faults, in the order they were found.
    pub faults: Vec<Fault>,
    /// Number of all faults.
    pub faults_count: u64,
}

/// The oldest heights of which something is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeptFrom {
    /// Headers, results and certificates, without gaps. They go back to the first block, unless the ledger began with a
    /// snapshot.
    pub headers: Height,
    /// Transactions.
    pub bodies: Height,
    /// Receipts and events.
    pub receipts: Height,
    /// Whole states.
    pub states: Height,
}

/// What a space holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceRows {
    /// The space.
    pub space: Space,
    /// Its rows.
    pub rows: u64,
    /// Bytes of their keys and values, before compression.
    pub bytes: u64,
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
    let mut report = Report {
        kept_from: KeptFrom {
            headers: reader.oldest_header(),
            bodies: reader.oldest(Class::Bodies),
            receipts: reader.oldest(Class::Receipts),
            states: reader.oldest(Class::States),
        },
        ..Report::default()
    };
    report.expect(Height::ZERO, reader.chain() == genesis.chain(), "the database is of another chain");
    let rows = block::check(reader, genesis, &mut report, &mut progress);
    let logs = state::check(reader, genesis, &mut report, &mut progress);
    let tip = reader.tip().height;
    let (executed, before) = (tip.since(reader.base()), reader.begin().before);
    let trees = u64::from(before.count_ones()).saturating_add(stored_trees(tip.0)).saturating_sub(stored_trees(before));
    let kept = |from: Height| tip.0.saturating_add(1).saturating_sub(from.0.max(1));
    let (bodies, receipts) = (kept(report.kept_from.bodies), kept(report.kept_from.receipts));
    let expected = |space| {
        Some(match space {
            Space::Headers | Space::Blocks => rows.headers.saturating_add(executed),
            Space::Bodies => bodies,
            Space::Receipts => receipts,
            Space::Places => rows.transactions.saturating_add(rows.scheduled),
            Space::Events => rows.events,
            Space::Keys => report.entries,
            Space::Logs => logs.records,
            Space::Trees => trees.saturating_add(logs.trees),
            _ => return None,
        })
    };
    let expected: Vec<_> = Space::ALL.into_iter().map(|space| (space, expected(space))).collect();
    for (space, expected) in expected {
        let Some(rows) = report.taken(tip, count(reader, space, report.kept_from.receipts)) else { continue };
        // Pruned receipts leave the places of scheduled calls behind.
        let is_open = space == Space::Places && report.kept_from.receipts > reader.base().next();
        let differs = |expected: &u64| *expected != rows.rows && !(is_open && *expected < rows.rows);
        if let Some(expected) = expected.filter(differs) {
            report.fault(tip, format!("{space} has {} rows, {expected} belong there", rows.rows));
        }
        report.spaces.push(rows);
    }
    report
}

/// Rows and bytes of a space. Events of pruned heights are not counted: they go when their files are merged.
fn count<S: Store>(reader: &Reader<S>, space: Space, events_from: Height) -> Result<SpaceRows, LedgerError> {
    const ROWS: usize = 4096;
    let mut range = KeyRange::all();
    let mut counted = SpaceRows { space, rows: 0, bytes: 0 };
    // Rows of whole blocks are large and few; they are read a few at a time.
    let at_once = if matches!(space, Space::Bodies | Space::Receipts) { 16 } else { ROWS };
    loop {
        let rows = reader.store().scan(space, &range, Direction::Forward, at_once)?;
        for (key, value) in &rows {
            if space == Space::Events && event_height(key).is_some_and(|height| height < events_from.0) {
                continue;
            }
            let bytes = u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX);
            counted.rows = counted.rows.saturating_add(1);
            counted.bytes = counted.bytes.saturating_add(bytes);
        }
        match rows.into_iter().last() {
            Some((key, _)) => range.from = Bound::Excluded(key),
            None => return Ok(counted),
        }
    }
}
