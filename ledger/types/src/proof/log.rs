//! Logs of contracts: a run of records, or all of them.

use crate::contract::Address;
use crate::hash::Hash;
use crate::log::{LogRecord, range_of};
use crate::number::Height;
use crate::range::{BadRangeProof, Range, RangeProof};
use crate::state::{BadWitness, Witnessed};
use crate::{codec, state_key};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Records of a contract's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Log {
    /// The contract.
    pub contract: Address,
    /// The log's key, in hexadecimal.
    #[serde(with = "crate::hex::serde_bytes")]
    pub key: Vec<u8>,
    /// The records, in order: all of the log from its first on, or those of a page.
    pub records: Vec<LogRecord>,
    /// Where the records stand, if they are not the whole log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// The place of some records in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Page {
    /// Position of the first record.
    pub start: u64,
    /// The log's range: its length and peaks.
    pub range: Range,
    /// Shows the records to be those at these positions.
    pub path: RangeProof,
}

/// Why records are not those of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLog {
    /// Not all of it, or not unchanged.
    #[error("its records are not the whole, unchanged log: {0}")]
    Whole(BadWitness),
    /// The log has another range.
    #[error("its length and peaks are not those of the log: {0}")]
    Range(BadWitness),
    /// The records are others.
    #[error("its records are not those at these positions: {0}")]
    Page(#[from] BadRangeProof),
    /// Heights fall along the log, which no block does.
    #[error("record {index} is of a lower height than the one before it")]
    Order {
        /// Position in the log.
        index: u64,
    },
}

/// Records that are for certain those of a log at these positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenLog {
    start: u64,
    count: u64,
    records: Vec<LogRecord>,
}

impl Log {
    /// Checks the records against the state.
    ///
    /// # Errors
    /// [`BadLog`].
    pub(super) fn verify(&self, state: &Witnessed) -> Result<ProvenLog, BadLog> {
        let state_key = state_key::log(&self.contract, &self.key);
        let check = |range: &Range| {
            let stored = (range.count() > 0).then(|| codec::encode(range));
            state.check(&state_key, stored.as_deref())
        };
        let (start, count) = match &self.page {
            None => {
                let range = range_of(&self.contract, &self.key, &self.records);
                check(&range).map_err(BadLog::Whole)?;
                (0, range.count())
            }
            Some(Page { start, range, path }) => {
                check(range).map_err(BadLog::Range)?;
                let numbered = self.records.iter().zip(*start..);
                let items: Vec<Hash> =
                    numbered.map(|(record, index)| record.item(&self.contract, &self.key, index)).collect();
                path.verify(range, *start, &items)?;
                (*start, range.count())
            }
        };
        let pairs = self.records.iter().zip(self.records.iter().skip(1)).zip(start..);
        for ((before, after), index) in pairs {
            if after.height < before.height {
                return Err(BadLog::Order { index: index.saturating_add(1) });
            }
        }
        Ok(ProvenLog { start, count, records: self.records.clone() })
    }
}

impl ProvenLog {
    /// Number of records in the whole log.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }
    /// Position of the first record that is shown.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }
    /// The position behind the last record that is shown.
    #[must_use]
    pub fn end(&self) -> u64 {
        let shown = u64::try_from(self.records.len()).unwrap_or(u64::MAX);
        self.start.saturating_add(shown)
    }
    /// The records that are shown.
    #[must_use]
    pub fn records(&self) -> &[LogRecord] {
        &self.records
    }
    /// Whether these are all there are.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.start == 0 && self.end() == self.count
    }
    /// The record at a position: `None` if it is not shown, `Some(None)` behind the log's end.
    #[must_use]
    pub fn record(&self, index: u64) -> Option<Option<&LogRecord>> {
        if index >= self.count {
            return Some(None);
        }
        let at = usize::try_from(index.checked_sub(self.start)?).ok()?;
        self.records.get(at).map(Some)
    }
    /// The log as it stood after a block, or as it stands: its length then, if the records show where it ended, and those
    /// of the records that it had. Heights never fall along a log, so the first later record ends it.
    #[must_use]
    pub fn as_of(&self, height: Option<Height>) -> (Option<u64>, &[LogRecord]) {
        let Some(height) = height else { return (Some(self.count), &self.records) };
        let held = self.records.partition_point(|record| record.height <= height);
        let shown = self.records.get(..held).unwrap_or_default();
        let end = u64::try_from(held).unwrap_or(u64::MAX).saturating_add(self.start);
        // With no record of that time shown, the log may have ended before the page.
        let is_begun = held > 0 || self.start == 0;
        let is_over = held < self.records.len() || end == self.count;
        ((is_begun && is_over).then_some(end), shown)
    }
}
