//! State, logs and witnesses.

use super::Reader;
use crate::error::LedgerError;
use crate::limits::{LINES_MAX, PAGE_ITEMS_MAX};
use crate::lines::Lines;
use crate::record::{Place, key_mark, log_key, log_prefix};
use crate::store::{Direction, KeyRange, Space, Store};
use crate::tree;
use countersign_types::log::LogRecord;
use countersign_types::range::Range;
use countersign_types::state::{Witness, path};
use countersign_types::{Address, Hash, Height, codec, state_key};
use std::ops::Bound;

/// A state key and its value.
pub type StateRow = (Vec<u8>, Vec<u8>);

impl<S: Store> Reader<S> {
    /// The value at a state key at the tip.
    ///
    /// # Errors
    /// What is damaged, or the store's.
    pub fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        let height = self.tip().height;
        self.read_at(key, height)
    }

    /// The value at a state key as it stood after a height.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] above the tip, [`LedgerError::Pruned`] below the oldest state kept.
    pub fn read_at(&self, key: &[u8], height: Height) -> Result<Option<Vec<u8>>, LedgerError> {
        let root = self.shared().root(height)?;
        self.shared().read(&root, key).map_err(|cause| self.shared().explain(height, cause))
    }

    /// State entries at the tip whose keys begin with `prefix` and lie after `after`, in order of
    /// keys, at most `limit`. Only complete against the writer's own thread: a commit meanwhile may
    /// show in some entries.
    ///
    /// # Errors
    /// What is damaged, or the store's.
    pub fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<StateRow>, LedgerError> {
        let mut range = KeyRange::prefix(prefix);
        if let Some(after) = after.filter(|after| *after >= prefix) {
            range.from = Bound::Excluded(after.to_vec());
        }
        let height = self.tip().height;
        let keys = self.marked_keys(&range, limit.min(PAGE_ITEMS_MAX))?;
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(value) = self.read_at(&key, height)? {
                entries.push((key, value));
            }
        }
        Ok(entries)
    }

    /// State keys at the tip from `from` up to but without `to`, in order, at most `limit`. A row that is lost is not
    /// noticed here: what rests on it gives another result than the others', which stops the node.
    ///
    /// # Errors
    /// What is damaged, or the store's.
    pub fn keys_between(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, LedgerError> {
        let range = KeyRange { from: Bound::Included(from.to_vec()), to: Bound::Excluded(to.to_vec()) };
        self.marked_keys(&range, limit)
    }

    fn marked_keys(&self, range: &KeyRange, limit: usize) -> Result<Vec<Vec<u8>>, LedgerError> {
        let rows = self.store().scan(Space::Keys, range, Direction::Forward, limit).map_err(LedgerError::from);
        self.noted(rows.and_then(|rows| rows.into_iter().map(|(key, mark)| marked(key, &mark)).collect()))
    }

    /// The range of a contract's log after a height; empty if there is no such log.
    ///
    /// # Errors
    /// As [`Reader::read_at`].
    pub fn log_range(&self, contract: &Address, key: &[u8], height: Height) -> Result<Range, LedgerError> {
        let state_key = state_key::log(contract, key);
        let Some(bytes) = self.read_at(&state_key, height)? else { return Ok(Range::default()) };
        let place = Place { what: "the range of a log", space: Space::Values, key: &state_key };
        let range: Range = place.decode(&bytes)?;
        if range.is_well_formed() { Ok(range) } else { Err(place.damaged()) }
    }

    /// Number of records in a contract's log at the tip.
    ///
    /// # Errors
    /// As [`Reader::read_at`].
    pub fn log_len(&self, contract: &Address, key: &[u8]) -> Result<u64, LedgerError> {
        let height = self.tip().height;
        Ok(self.log_range(contract, key, height)?.count())
    }

    /// One record of a contract's log. Records never change, so no height is asked; a reader at an
    /// older height keeps below that height's length itself.
    ///
    /// # Errors
    /// What is damaged, or the store's.
    pub fn log_record(&self, contract: &Address, key: &[u8], index: u64) -> Result<Option<LogRecord>, LedgerError> {
        let row = log_key(log_prefix(contract, key), index);
        let place = Place { what: "a log's record", space: Space::Logs, key: &row };
        let bytes = self.store().get(Space::Logs, &row).map_err(LedgerError::from);
        let decode = |bytes: Vec<u8>| LogRecord::from_bytes(&bytes).ok_or_else(|| place.damaged());
        self.noted(bytes.and_then(|bytes| bytes.map(decode).transpose()))
    }

    /// Records of a contract's log from `start` on, at most `limit`.
    ///
    /// # Errors
    /// What is damaged or missing, or the store's.
    pub fn log_records(
        &self,
        contract: &Address,
        key: &[u8],
        start: u64,
        limit: usize,
    ) -> Result<Vec<LogRecord>, LedgerError> {
        let prefix = log_prefix(contract, key);
        let mut range = KeyRange::prefix(&prefix);
        range.from = Bound::Included(log_key(prefix, start).to_vec());
        let rows = self.store().scan(Space::Logs, &range, Direction::Forward, limit).map_err(LedgerError::from);
        let record = |((row, bytes), index): ((Vec<u8>, Vec<u8>), u64)| {
            let place = Place { what: "a log's record", space: Space::Logs, key: &row };
            let record = LogRecord::from_bytes(&bytes).filter(|_| row == log_key(prefix, index));
            record.ok_or_else(|| place.damaged())
        };
        self.noted(rows.and_then(|rows| rows.into_iter().zip(start..).map(record).collect()))
    }

    /// Where a log's records lie among those of others.
    #[must_use]
    pub fn log_place(contract: &Address, key: &[u8]) -> [u8; 16] {
        log_prefix(contract, key)
    }

    /// The entries of a short log as it stood after a height, from memory if they were read before; `None` if it is longer
    /// than [`LINES_MAX`]. They are as many as the state says.
    ///
    /// # Errors
    /// As [`Reader::read_at`].
    pub fn log_lines(&self, contract: &Address, key: &[u8], height: Height) -> Result<Option<Lines>, LedgerError> {
        let prefix = log_prefix(contract, key);
        let lines = &self.shared().lines;
        if let Some(kept) = lines.get(&prefix) {
            return Ok(Some(kept));
        }
        let writes = lines.writes();
        let count = self.log_range(contract, key, height)?.count();
        if usize::try_from(count).is_ok_and(|count| count > LINES_MAX) {
            return Ok(None);
        }
        // What later blocks appended may be among them.
        let records = self.log_records(contract, key, 0, LINES_MAX.saturating_add(1))?;
        let found = records.iter().take_while(|record| record.height <= height).count();
        if u64::try_from(found) != Ok(count) {
            return self.noted(Err(Place { what: "a log", space: Space::Logs, key: &prefix }.damaged()));
        }
        if records.len() > LINES_MAX {
            return Ok(None);
        }
        let read = Lines::of(&records);
        lines.keep(prefix, &read, writes);
        Ok(Some(read))
    }

    /// The whole log of a contract as it stood after a height, checked against the state.
    ///
    /// # Errors
    /// As [`Reader::read_at`].
    pub fn log_at(&self, contract: &Address, key: &[u8], height: Height) -> Result<Vec<LogRecord>, LedgerError> {
        let range = self.log_range(contract, key, height)?;
        let count = usize::try_from(range.count()).unwrap_or(usize::MAX);
        let records = self.log_records(contract, key, 0, count)?;
        if countersign_types::log::range_of(contract, key, &records) == range {
            return Ok(records);
        }
        let prefix = log_prefix(contract, key);
        self.noted(Err(Place { what: "a log", space: Space::Logs, key: &prefix }.damaged()))
    }

    /// The witness that shows what stands at some keys, or that nothing does, after a height.
    ///
    /// # Errors
    /// As [`Reader::read_at`].
    pub fn witness(&self, height: Height, keys: &[&[u8]]) -> Result<Witness, LedgerError> {
        let root = self.shared().root(height)?;
        let mut paths: Vec<Hash> = keys.iter().map(|key| path(key)).collect();
        paths.sort_unstable();
        tree::witness(self.shared(), &root, &paths).map_err(|cause| self.shared().explain(height, cause))
    }

    /// A native state value at the tip, decoded.
    ///
    /// # Errors
    /// As [`Reader::read_at`], or [`LedgerError::Damaged`] if it does not decode.
    pub fn native<T: borsh::BorshDeserialize>(&self, key: &[u8], what: &'static str) -> Result<Option<T>, LedgerError> {
        let place = Place { what, space: Space::Values, key };
        let Some(bytes) = self.read(key)? else { return Ok(None) };
        codec::decode(&bytes, bytes.len()).map(Some).map_err(|_| place.damaged())
    }
}

/// A key of the index, if it is what was written.
fn marked(key: Vec<u8>, mark: &[u8]) -> Result<Vec<u8>, LedgerError> {
    if *mark == key_mark(&key) {
        return Ok(key);
    }
    Err(Place { what: "the index of keys", space: Space::Keys, key: &key }.damaged())
}
