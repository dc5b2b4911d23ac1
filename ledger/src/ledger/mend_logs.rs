//! Mending logs: records that cannot be read or are not those that were written, and the trees above them, while nobody else uses
//! the ledger.
//!
//! The state has each log's range. Runs of records as long as the smallest tree that is a row are compared with that row; one that
//! differs or cannot be read comes from elsewhere and is taken if it proves itself against the range. Then all trees of the log are made
//! again from its records, which must lead to the range.

use super::Ledger;
use crate::error::LedgerError;
use crate::limits::{RANGE_TREE_LEVEL_MIN, SURVEY_KEYS_AT_ONCE, SURVEYED_PLACES_MAX};
use crate::range_tree::{Owner, RangeTree};
use crate::record::{Place, log_key, log_of, log_prefix};
use crate::store::{Batch, Direction, KeyRange, Space, Store};
use crate::tree::Node;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::log::LogRecord;
use countersign_types::range::{Perfect, Range, RangeProof};
use countersign_types::{Address, Hash, merkle};
use std::ops::Bound;

/// Records of a log, which follow each other, that are needed from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostRun {
    /// The log's contract.
    pub contract: Address,
    /// Its key.
    pub key: Vec<u8>,
    /// Its range in the state.
    pub range: Range,
    /// Index of the first record.
    pub start: u64,
}

/// Records of a log that follow each other. Doubtful until [`LostRun::check`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LogRun {
    /// Stored bytes of the records.
    pub records: Vec<Vec<u8>>,
    /// That they stand where they were asked for.
    pub proof: RangeProof,
}

/// Records in a run at most.
pub const RUN_RECORDS: u64 = 1 << RANGE_TREE_LEVEL_MIN;

/// What a look at all logs at the tip found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct LogSurvey {
    /// Runs that are needed from elsewhere, at most [`SURVEYED_PLACES_MAX`]; another look finds the rest.
    pub lost: Vec<LostRun>,
    /// Logs whose trees are to be made again once nothing of them is lost.
    trees: Vec<(Address, Vec<u8>, Range)>,
}

impl LogSurvey {
    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.lost.is_empty() && self.trees.is_empty()
    }
}

impl LostRun {
    /// The index behind its last record.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start.saturating_add(RUN_RECORDS).min(self.range.count())
    }

    /// Whether these are its records.
    #[must_use]
    pub fn check(&self, run: &LogRun) -> bool {
        let count = u64::try_from(run.records.len()).unwrap_or(u64::MAX);
        let items = (self.start..).zip(&run.records).map(|(index, bytes)| self.item(index, bytes));
        let items: Option<Vec<Hash>> = items.collect();
        self.start.saturating_add(count) == self.end()
            && items.is_some_and(|items| run.proof.verify(&self.range, self.start, &items).is_ok())
    }

    fn item(&self, index: u64, bytes: &[u8]) -> Option<Hash> {
        LogRecord::from_bytes(bytes).map(|record| record.item(&self.contract, &self.key, index))
    }
}

impl<S: Store> Ledger<S> {
    /// Reads all logs at the tip and their trees from the store. The state must be whole.
    ///
    /// # Errors
    /// The store's, and damage to what cannot be mended this way.
    pub fn survey_logs(&self) -> Result<LogSurvey, LedgerError> {
        let mut survey = LogSurvey::default();
        let root = self.shared.root(self.tip.height)?;
        let mut keys = KeyRange::all();
        loop {
            let rows = self.shared.store.scan(Space::Keys, &keys, Direction::Forward, SURVEY_KEYS_AT_ONCE)?;
            for (key, _) in &rows {
                self.look_at_log(&root, key, &mut survey)?;
            }
            match rows.into_iter().last() {
                Some((key, _)) if survey.lost.len() < SURVEYED_PLACES_MAX => keys.from = Bound::Excluded(key),
                _ => return Ok(survey),
            }
        }
    }

    /// The log whose range stands at a state key, if one does.
    fn look_at_log(&self, root: &Node, state_key: &[u8], survey: &mut LogSurvey) -> Result<(), LedgerError> {
        let Some((contract, key)) = log_of(state_key) else { return Ok(()) };
        let place = Place { what: "the range of a log", space: Space::Values, key: state_key };
        let Some(bytes) = self.shared.read(root, state_key)? else { return Ok(()) };
        let range: Range = place.decode(&bytes)?;
        let mut whole = LostRun { contract, key: key.to_vec(), range, start: 0 };
        let (mut found, mut are_same) = (Some(Range::default()), true);
        let before = survey.lost.len();
        while whole.start < whole.range.count() {
            match self.run_here(&whole)? {
                Some(items) => {
                    if let Some(found) = &mut found {
                        are_same &= self.follow(&whole, found, &items)?;
                    }
                }
                None => {
                    found = None;
                    survey.lost.push(whole.clone());
                }
            }
            whole.start = whole.end();
        }
        if found.is_some_and(|found| found != whole.range) {
            // No row stands over the last records, or more than one is damaged: whatever it is, peers have it.
            let starts = (0..whole.range.count()).step_by(usize::try_from(RUN_RECORDS).unwrap_or(usize::MAX));
            survey.lost.extend(starts.map(|start| LostRun { start, ..whole.clone() }));
        }
        if !are_same || survey.lost.len() > before {
            survey.trees.push((contract, whole.key, whole.range));
        }
        Ok(())
    }

    /// The items of a run, if they can be read and a tree that is a row, where one stands over all of them, is theirs.
    fn run_here(&self, run: &LostRun) -> Result<Option<Vec<Hash>>, LedgerError> {
        let Some(records) = self.readable(self.records(run))? else { return Ok(None) };
        let items: Option<Vec<Hash>> =
            (run.start..).zip(&records).map(|(index, bytes)| run.item(index, bytes)).collect();
        let Some(items) = items else { return Ok(None) };
        if run.end().saturating_sub(run.start) < RUN_RECORDS {
            return Ok(Some(items));
        }
        let place = Perfect { level: RANGE_TREE_LEVEL_MIN, index: run.start >> RANGE_TREE_LEVEL_MIN };
        let is_same = self.tree_is(Owner::log(&run.contract, &run.key), place, &merkle::root(&items))?;
        Ok(Some(items).filter(|_| is_same))
    }

    /// The stored records of a run, all of them.
    fn records(&self, run: &LostRun) -> Result<Vec<Vec<u8>>, LedgerError> {
        let prefix = log_prefix(&run.contract, &run.key);
        let rows = KeyRange {
            from: Bound::Included(log_key(prefix, run.start).to_vec()),
            to: Bound::Excluded(log_key(prefix, run.end()).to_vec()),
        };
        let most = usize::try_from(RUN_RECORDS).unwrap_or(usize::MAX);
        let rows = self.shared.store.scan(Space::Logs, &rows, Direction::Forward, most)?;
        let is_whole = (run.start..run.end()).eq(rows
            .iter()
            .zip(run.start..)
            .filter_map(|((key, _), index)| (key.as_slice() == log_key(prefix, index)).then_some(index)));
        let damaged = || Place { what: "a log", space: Space::Logs, key: &prefix }.damaged();
        if is_whole { Ok(rows.into_iter().map(|(_, bytes)| bytes).collect()) } else { Err(damaged()) }
    }

    /// Appends a run's items; whether all trees that they complete are the rows.
    fn follow(&self, run: &LostRun, found: &mut Range, items: &[Hash]) -> Result<bool, LedgerError> {
        let owner = Owner::log(&run.contract, &run.key);
        let mut trees = Vec::new();
        for item in items {
            found.append_noting(item, |place, hash| trees.extend(RangeTree::stored(place, hash)));
        }
        let mut are_same = true;
        for RangeTree { place, hash } in trees {
            are_same &= self.tree_is(owner, place, &hash)?;
        }
        Ok(are_same)
    }

    fn tree_is(&self, owner: Owner, place: Perfect, hash: &Hash) -> Result<bool, LedgerError> {
        let row = self.readable(self.shared.store.get(Space::Trees, &owner.key(place)).map_err(LedgerError::from))?;
        Ok(row.flatten().is_some_and(|row| row == hash.0))
    }

    /// Stores a lost run anew.
    ///
    /// # Errors
    /// [`LedgerError::Repair`] if these are not its records, then nothing has changed; else the store's, and this node must stop.
    pub fn mend_run(&mut self, lost: &LostRun, run: &LogRun) -> Result<(), LedgerError> {
        self.refuse_if_poisoned()?;
        if !lost.check(run) {
            return Err(LedgerError::Repair { height: self.tip.height, what: "the records are not those of the log" });
        }
        let prefix = log_prefix(&lost.contract, &lost.key);
        let mut batch = Batch::default();
        for (index, bytes) in (lost.start..).zip(&run.records) {
            batch.put(Space::Logs, log_key(prefix, index), bytes.as_slice());
        }
        self.write(batch, false)
    }

    /// Makes the trees of damaged logs again from their records.
    ///
    /// # Errors
    /// [`LedgerError::Repair`] if a log's records do not lead to its range, and the store's; then this node must stop.
    pub fn mend_trees(&mut self, survey: &LogSurvey) -> Result<(), LedgerError> {
        self.refuse_if_poisoned()?;
        for (contract, key, range) in &survey.trees {
            let owner = Owner::log(contract, key);
            let mut run = LostRun { contract: *contract, key: key.clone(), range: range.clone(), start: 0 };
            let mut found = Range::default();
            while run.start < range.count() {
                let mut batch = Batch::default();
                for (index, bytes) in (run.start..).zip(&self.records(&run)?) {
                    let damaged = || Place { what: "a log's record", space: Space::Logs, key }.damaged();
                    let item = run.item(index, bytes).ok_or_else(damaged)?;
                    found.append_noting(&item, |place, hash| {
                        if let Some(tree) = RangeTree::stored(place, hash) {
                            owner.put(&mut batch, &tree);
                        }
                    });
                }
                self.write(batch, false)?;
                run.start = run.end();
            }
            if found != *range {
                let what = "the records of a log are not those of its range";
                return Err(LedgerError::Repair { height: self.tip.height, what });
            }
        }
        self.sync()
    }
}
