//! Pages of logs and earlier results, with what shows that they are those of a range.

use super::Reader;
use crate::error::LedgerError;
use crate::ledger::{LogRun, RUN_RECORDS};
use crate::limits::{LOG_PAGE_BYTES_MAX, LOG_ROWS_AT_ONCE, PAGE_ITEMS_MAX};
use crate::range_tree::{Owner, Trees};
use crate::record::{Place, log_prefix};
use crate::store::{Space, Store};
use countersign_types::log::LogRecord;
use countersign_types::range::{Range, RangeProof};
use countersign_types::{Address, ExecutionResult, Hash, Height, ResultProof};

/// Consecutive records of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// The range over the whole log, after the height that was asked for.
    pub range: Range,
    /// Position of the first record.
    pub start: u64,
    /// The records.
    pub records: Vec<LogRecord>,
    /// Shows that the range has these records at these positions.
    pub path: RangeProof,
}

impl LogPage {
    /// The position behind the last record: where the next page begins.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start.saturating_add(u64::try_from(self.records.len()).unwrap_or(u64::MAX))
    }

    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.end() >= self.range.count()
    }
}

impl<S: Store> Reader<S> {
    /// Records of a contract's log as it stood after a height, at the given positions as far as there are such, at most
    /// `limit` and as many as a page holds. They are checked against the log's range in the state, and proven under it.
    ///
    /// # Errors
    /// As [`Reader::read_at`].
    pub fn log_page(
        &self,
        contract: &Address,
        key: &[u8],
        height: Height,
        positions: std::ops::Range<u64>,
        limit: usize,
    ) -> Result<LogPage, LedgerError> {
        let range = self.log_range(contract, key, height)?;
        let count = range.count();
        let (start, end) = (positions.start.min(count), positions.end.min(count));
        let records = self.log_run(contract, key, start, end, limit.min(PAGE_ITEMS_MAX))?;
        let items: Vec<Hash> =
            (start..).zip(&records).map(|(index, record)| record.item(contract, key, index)).collect();
        let owner = Owner::log(contract, key);
        let read = |first, last| self.log_items(contract, key, first, last);
        let page = LogPage { range, start, records, path: RangeProof::default() };
        let path = Trees { owner, store: self.store(), from: 0, items: read }.proof(count, start, page.end())?;
        let prefix = log_prefix(contract, key);
        let damaged = |_| Place { what: "a log", space: Space::Logs, key: &prefix }.damaged();
        self.noted(path.verify(&page.range, start, &items).map_err(damaged))?;
        Ok(LogPage { path, ..page })
    }

    /// Number of records in a contract's log after a height, however old: heights never fall along a log. No state of
    /// that height is needed.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] above the tip; what is damaged, or the store's.
    pub fn log_len_at(&self, contract: &Address, key: &[u8], height: Height) -> Result<u64, LedgerError> {
        let tip = self.tip().height;
        if height > tip {
            return Err(LedgerError::Unknown { height, tip });
        }
        let (mut low, mut high) = (0, self.log_range(contract, key, tip)?.count());
        while low < high {
            let middle = low + (high - low) / 2;
            let prefix = log_prefix(contract, key);
            let place = Place { what: "a log", space: Space::Logs, key: &prefix };
            let record = self.log_record(contract, key, middle)?.ok_or_else(|| place.damaged())?;
            if record.height <= height {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Shows that an earlier height's result is the one that a later height's names.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] if a height is above the tip, or the earlier one is not a block's before the later one;
    /// what is damaged, or the store's.
    pub fn result_proof(&self, earlier: Height, later: Height) -> Result<ResultProof, LedgerError> {
        let tip = self.tip().height;
        let unknown = |height| LedgerError::Unknown { height, tip };
        let is_before = earlier < later;
        let position = ResultProof::position(earlier).filter(|_| is_before).ok_or(unknown(earlier))?;
        let result = self.result(earlier)?.ok_or(unknown(earlier))?;
        let named_by = self.result(later)?.ok_or(unknown(later))?;
        let count = later.0.saturating_sub(1);
        let mut trees = self.result_trees();
        let range = trees.range(count)?;
        let path = trees.proof(count, position, position.saturating_add(1))?;
        let proof = ResultProof { range, path };
        let place = Place { what: "the range over all results", space: Space::Trees, key: &[0; 16] };
        proof.verify(&result, &named_by).map_err(|_| place.damaged())?;
        Ok(proof)
    }

    /// The range over the results of the first heights.
    ///
    /// # Errors
    /// [`LedgerError::BeforeSnapshot`], what is damaged or missing, or the store's.
    pub(crate) fn range_of_results(&self, last: Height) -> Result<Range, LedgerError> {
        let begin = self.begin();
        if last.0 < begin.before {
            let what = "the range over the results";
            return Err(LedgerError::BeforeSnapshot { what, height: last, base: begin.height });
        }
        self.result_trees().range(last.0)
    }

    fn result_trees(&self) -> Trees<'_, S, impl FnMut(u64, u64) -> Result<Vec<Hash>, LedgerError> + '_> {
        let read = |first: u64, last: u64| {
            let heights = (first..=last).map(|position| Height(position.saturating_add(1)));
            let hash = |height| {
                let place = Place { what: "a header", space: Space::Headers, key: &[] };
                self.result(height)?.as_ref().map(ExecutionResult::hash).ok_or_else(|| place.damaged())
            };
            heights.map(hash).collect()
        };
        Trees { owner: Owner::RESULTS, store: self.store(), from: self.begin().before, items: read }
    }

    /// Records of a contract's log from `start` on, as many as a run has, proven under the range that the log had with its
    /// first `count` records; `None` if there are none there.
    ///
    /// # Errors
    /// What is damaged, or the store's.
    pub fn log_run_of(
        &self,
        contract: &Address,
        key: &[u8],
        count: u64,
        start: u64,
    ) -> Result<Option<LogRun>, LedgerError> {
        let end = start.saturating_add(RUN_RECORDS).min(count);
        if start >= end || count > self.log_range(contract, key, self.tip().height)?.count() {
            return Ok(None);
        }
        let records = self.log_run(contract, key, start, end, usize::MAX)?;
        let items: Vec<Hash> =
            (start..).zip(&records).map(|(index, record)| record.item(contract, key, index)).collect();
        let read = |first, last| self.log_items(contract, key, first, last);
        let mut trees = Trees { owner: Owner::log(contract, key), store: self.store(), from: 0, items: read };
        let (range, proof) = (trees.range(count)?, trees.proof(count, start, end)?);
        let prefix = log_prefix(contract, key);
        let damaged = |_| Place { what: "a log", space: Space::Logs, key: &prefix }.damaged();
        self.noted(proof.verify(&range, start, &items).map_err(damaged))?;
        Ok(Some(LogRun { records: records.iter().map(LogRecord::to_bytes).collect(), proof }))
    }

    /// Proves a run of records of a log that the state has with `range`.
    pub(crate) fn prove_run(
        &self,
        contract: &Address,
        key: &[u8],
        range: &Range,
        run: std::ops::Range<u64>,
    ) -> Result<RangeProof, LedgerError> {
        let read = |first, last| self.log_items(contract, key, first, last);
        let owner = Owner::log(contract, key);
        Trees { owner, store: self.store(), from: 0, items: read }.proof(range.count(), run.start, run.end)
    }

    /// Items of a log's range.
    fn log_items(&self, contract: &Address, key: &[u8], first: u64, last: u64) -> Result<Vec<Hash>, LedgerError> {
        let end = last.saturating_add(1);
        let records = self.log_run(contract, key, first, end, usize::MAX)?;
        Ok((first..).zip(&records).map(|(index, record)| record.item(contract, key, index)).collect())
    }

    /// Records from `start` on and before `end`, at most `limit` and [`LOG_PAGE_BYTES_MAX`], at least one.
    fn log_run(
        &self,
        contract: &Address,
        key: &[u8],
        start: u64,
        end: u64,
        limit: usize,
    ) -> Result<Vec<LogRecord>, LedgerError> {
        let wanted = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX).min(limit);
        let (mut records, mut bytes): (Vec<LogRecord>, usize) = (Vec::new(), 0);
        while records.len() < wanted {
            let from = start.saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
            let more = self.log_records(contract, key, from, LOG_ROWS_AT_ONCE.min(wanted - records.len()))?;
            if more.is_empty() {
                let prefix = log_prefix(contract, key);
                return Err(Place { what: "a log", space: Space::Logs, key: &prefix }.damaged());
            }
            for record in more {
                bytes = bytes.saturating_add(record.entry.len());
                if bytes > LOG_PAGE_BYTES_MAX && !records.is_empty() {
                    return Ok(records);
                }
                records.push(record);
            }
        }
        Ok(records)
    }
}
