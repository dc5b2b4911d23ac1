//! What the ledger needs of a database: ordered key spaces, reads, and atomic batches.
//!
//! [`rocks`] is the database of a node, [`memory`] that of tests and the simulator.

pub mod memory;
pub mod rocks;
pub mod tuning;

use std::ops::Bound;

/// A key space. `FORMAT.md` says what keys and values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Space {
    /// Format, chain, tip, certified height.
    Meta,
    /// Height → header, finality certificate, result.
    Headers,
    /// Height → names and signed bytes of the transactions.
    Bodies,
    /// Height → receipts.
    Receipts,
    /// Height → result certificate.
    Certificates,
    /// Hash of a block → height.
    Blocks,
    /// Id of a transaction → height and position.
    Places,
    /// Term and position of an event → nothing.
    Events,
    /// Log and index → record.
    Logs,
    /// Range, level and index → hash of a perfect tree of it.
    Trees,
    /// State key → a mark of it; the keys in order.
    Keys,
    /// Sequence number → state keys and values.
    Values,
    /// Sequence number → buckets of the state tree.
    Pages,
    /// Height → what it changed of the places of buckets.
    Deltas,
    /// Number of a partition → places of buckets.
    Table,
}

impl Space {
    /// All spaces.
    pub const ALL: [Self; 15] = [
        Self::Meta,
        Self::Headers,
        Self::Bodies,
        Self::Receipts,
        Self::Certificates,
        Self::Blocks,
        Self::Places,
        Self::Events,
        Self::Logs,
        Self::Trees,
        Self::Keys,
        Self::Values,
        Self::Pages,
        Self::Deltas,
        Self::Table,
    ];

    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Headers => "headers",
            Self::Bodies => "bodies",
            Self::Receipts => "receipts",
            Self::Certificates => "certificates",
            Self::Blocks => "blocks",
            Self::Places => "places",
            Self::Events => "events",
            Self::Logs => "logs",
            Self::Trees => "trees",
            Self::Keys => "keys",
            Self::Values => "values",
            Self::Pages => "pages",
            Self::Deltas => "deltas",
            Self::Table => "table",
        }
    }
}

impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Keys and values as a scan answers them.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// In which order a scan goes through keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Rising keys.
    Forward,
    /// Falling keys.
    Backward,
}

/// A range of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// Lower end.
    pub from: Bound<Vec<u8>>,
    /// Upper end.
    pub to: Bound<Vec<u8>>,
}

impl KeyRange {
    /// All keys.
    #[must_use]
    pub fn all() -> Self {
        Self { from: Bound::Unbounded, to: Bound::Unbounded }
    }

    /// All keys that begin with `prefix`.
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Self {
        Self { from: Bound::Included(prefix.to_vec()), to: after_prefix(prefix) }
    }

    /// Whether a key lies in it.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        let above = match &self.from {
            Bound::Included(from) => key >= from.as_slice(),
            Bound::Excluded(from) => key > from.as_slice(),
            Bound::Unbounded => true,
        };
        above
            && match &self.to {
                Bound::Included(to) => key <= to.as_slice(),
                Bound::Excluded(to) => key < to.as_slice(),
                Bound::Unbounded => true,
            }
    }

    /// Whether no key can lie in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match (&self.from, &self.to) {
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to) | Bound::Included(to)) => from >= to,
            _ => false,
        }
    }
}

/// The first key after all that begin with `prefix`.
fn after_prefix(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}

/// Changes that take effect together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    ranges: Vec<Removed>,
    changes: Vec<Change>,
}

/// All keys of a space from one up to but without another are removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The space.
    pub space: Space,
    /// The first key.
    pub from: Vec<u8>,
    /// The first key behind them.
    pub to: Vec<u8>,
}

/// One change: a new value, or `None` to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The space.
    pub space: Space,
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Option<Vec<u8>>,
}

impl Batch {
    /// Sets a value.
    pub fn put(&mut self, space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.changes.push(Change { space, key: key.into(), value: Some(value.into()) });
    }
    /// Removes a value.
    pub fn remove(&mut self, space: Space, key: impl Into<Vec<u8>>) {
        self.changes.push(Change { space, key: key.into(), value: None });
    }
    /// Removes all keys from `from` up to but without `to`. Ranges take effect before everything else of the batch, and cost
    /// the same however much goes.
    pub fn remove_range(&mut self, space: Space, from: impl Into<Vec<u8>>, to: impl Into<Vec<u8>>) {
        self.ranges.push(Removed { space, from: from.into(), to: to.into() });
    }
    /// The ranges that are removed.
    #[must_use]
    pub fn ranges(&self) -> &[Removed] {
        &self.ranges
    }
    /// The changes in order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
    /// The ranges, and the changes in order.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Removed>, Vec<Change>) {
        (self.ranges, self.changes)
    }
}

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database says so.
    #[error("the database failed while {doing}: {cause}")]
    Failed {
        /// What was done.
        doing: &'static str,
        /// Its words.
        cause: String,
    },
    /// Bytes on the disk are not what the database wrote.
    #[error("the disk has changed what was written (space {space}, key 0x{}): {cause}", crate::error::hex(.key))]
    Damaged {
        /// Where.
        space: Space,
        /// What was asked for; empty for a scan.
        key: Vec<u8>,
        /// The database's words.
        cause: String,
    },
    /// A directory with files that are no intact database.
    #[error("{directory} holds files but no intact database ({missing} is missing); nothing is created beside them")]
    Remains {
        /// The directory.
        directory: String,
        /// The file that is missing.
        missing: &'static str,
    },
    /// A write was refused or cut off on request of a test.
    #[error("the write failed (injected)")]
    Injected,
}

/// A database. Reads see every batch that was written; batches survive a crash in order, and all up
/// to the last one written with `sync` survive a power loss.
pub trait Store: Send + Sync + 'static {
    /// The value of a key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `limit` rows of a range.
    ///
    /// # Errors
    /// [`StoreError`].
    fn scan(&self, space: Space, range: &KeyRange, direction: Direction, limit: usize) -> Result<Rows, StoreError>;

    /// Applies a batch. After an error nothing may be written any more.
    ///
    /// # Errors
    /// [`StoreError`].
    fn write(&self, batch: Batch, sync: bool) -> Result<(), StoreError>;

    /// Says that keys below `to` are never read again, so that their room can be had back without writing anything. They may
    /// go at once, later, after a crash again or never.
    ///
    /// # Errors
    /// [`StoreError`].
    fn discard(&self, _space: Space, _to: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    /// Rows of [`Space::Events`] that belong to heights below this one are not read any more. They go whenever it costs
    /// least: their keys begin with a hash, so that no range holds them.
    fn forget_events(&self, below: u64);
}
