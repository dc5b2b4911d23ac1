//! Lines: the entries of short logs that were read whole, kept until something is appended to them.
//!
//! Questions about many things read the log of each again and again, and to find one costs two looks into the state and
//! one into the database. Logs only grow, so what was read stays right until the commit that appends to it, which drops it
//! before any reader sees the new height.

use crate::cache::Cache;
use crate::limits::{LINES_CACHE_BYTES, LINES_MEMORY_BYTES};
use crate::store::{Batch, Space};
use countersign_types::Height;
use countersign_types::log::LogRecord;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Entries of a log with the heights that appended them, in their order: for each `height u64 | length u32 | entry`.
#[derive(Debug, Clone)]
pub struct Lines(Arc<[u8]>);

impl Lines {
    pub(crate) fn of(records: &[LogRecord]) -> Self {
        let mut bytes = Vec::new();
        for LogRecord { height, entry, .. } in records {
            bytes.extend_from_slice(&height.0.to_le_bytes());
            bytes.extend_from_slice(&u32::try_from(entry.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend_from_slice(entry);
        }
        Self(bytes.into())
    }

    /// The entries that blocks up to a height appended.
    pub fn up_to(&self, height: Height) -> impl Iterator<Item = &[u8]> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            let (of, after) = rest.split_first_chunk::<8>()?;
            let (length, after) = after.split_first_chunk::<4>()?;
            let (entry, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
            rest = after;
            (u64::from_le_bytes(*of) <= height.0).then_some(entry)
        })
    }

    fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// What the rows of one log begin with.
type Prefix = [u8; 16];

/// The logs that are kept.
#[derive(Debug)]
pub(crate) struct KeptLines {
    kept: Cache<(Prefix, Lines)>,
    /// Writes that appended to logs.
    writes: Mutex<u64>,
}

impl KeptLines {
    pub(crate) fn new() -> Self {
        Self { kept: Cache::new(LINES_CACHE_BYTES), writes: Mutex::default() }
    }

    pub(crate) fn get(&self, prefix: &Prefix) -> Option<Lines> {
        let (of, lines) = self.kept.get(number(prefix))?;
        (of == *prefix).then_some(lines)
    }

    /// How many writes there were: to be asked before a log is read that is to be kept.
    pub(crate) fn writes(&self) -> u64 {
        *self.lock()
    }

    /// Keeps what was read, unless something was written since so many writes.
    pub(crate) fn keep(&self, prefix: Prefix, lines: &Lines, writes: u64) {
        let now = self.lock();
        if *now == writes {
            let weight = lines.bytes().saturating_add(LINES_MEMORY_BYTES);
            self.kept.put(number(&prefix), (prefix, lines.clone()), weight);
        }
    }

    /// Forgets logs that were written to.
    pub(crate) fn written(&self, written: &Written) {
        if !written.is_any() {
            return;
        }
        let mut now = self.lock();
        *now = now.wrapping_add(1);
        match written {
            Written::Logs(numbers) => numbers.iter().for_each(|number| self.kept.drop(*number)),
            Written::All => self.kept.clear(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which logs a batch changes.
#[derive(Debug)]
pub(crate) enum Written {
    Logs(BTreeSet<u64>),
    All,
}

impl Written {
    pub(crate) fn by(batch: &Batch) -> Self {
        if batch.ranges().iter().any(|range| range.space == Space::Logs) {
            return Self::All;
        }
        let rows = batch.changes().iter().filter(|change| change.space == Space::Logs);
        Self::Logs(rows.filter_map(|change| change.key.first_chunk()).map(number).collect())
    }

    fn is_any(&self) -> bool {
        match self {
            Self::Logs(numbers) => !numbers.is_empty(),
            Self::All => true,
        }
    }
}

/// The first half of a prefix, which is a hash.
fn number(prefix: &Prefix) -> u64 {
    prefix.first_chunk().map_or(0, |half| u64::from_be_bytes(*half))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn record(height: u64, entry: &[u8]) -> LogRecord {
        LogRecord {
            height: Height(height),
            time: countersign_types::TimestampMs(height),
            transaction: countersign_types::Hash::ZERO,
            signer: countersign_types::SecretKey::from_seed(&[1; 32]).public(),
            entry: entry.to_vec(),
        }
    }

    fn batch(prefix: Prefix) -> Written {
        let mut batch = Batch::default();
        batch.put(Space::Logs, [prefix.as_slice(), &[0; 8]].concat(), [0]);
        Written::by(&batch)
    }

    #[test]
    fn lines_end_at_a_height() {
        let lines = Lines::of(&[record(3, b"a"), record(3, b""), record(5, b"bcd")]);
        let up_to = |height| lines.up_to(Height(height)).map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(up_to(2), Vec::<Vec<u8>>::new());
        assert_eq!(up_to(4), [b"a".to_vec(), b"".to_vec()]);
        assert_eq!(up_to(5).len(), 3);
    }

    #[test]
    fn what_was_written_to_meanwhile_is_not_kept() {
        let kept = KeptLines::new();
        let (one, other) = ([1; 16], [2; 16]);
        let lines = Lines::of(&[record(1, b"a")]);
        let before = kept.writes();
        kept.keep(one, &lines, before);
        kept.keep(other, &lines, before);
        assert!(kept.get(&one).is_some() && kept.get(&[1; 16].map(|byte: u8| byte + 2)).is_none());
        kept.written(&batch(one));
        assert!(kept.get(&one).is_none() && kept.get(&other).is_some());
        // Read before the write, to be kept after it.
        kept.keep(one, &lines, before);
        assert!(kept.get(&one).is_none());
        kept.keep(one, &lines, kept.writes());
        assert!(kept.get(&one).is_some());
        // Of another log with the same first half.
        let mut twin = one;
        *twin.last_mut().unwrap() = 9;
        assert!(kept.get(&twin).is_none());
        let mut all = Batch::default();
        all.remove_range(Space::Logs, [0; 16], [9; 16]);
        kept.written(&Written::by(&all));
        assert!(kept.get(&one).is_none() && kept.get(&other).is_none());
    }
}
