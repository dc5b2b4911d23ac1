//! Hashes of the perfect trees of a log, of which proofs of its runs are made.

use super::logs::LogHead;
use crate::error::LedgerError;
use crate::limits::{SNAPSHOT_RECORDS_READ, SNAPSHOT_TREE_LEVEL};
use crate::reader::Reader;
use crate::store::Store;
use countersign_types::range::{Perfect, Range, RangeProof};
use countersign_types::{Hash, merkle};
use std::collections::BTreeMap;

/// The large trees of one log.
#[derive(Debug)]
pub(super) struct Trees<'a, S> {
    reader: &'a Reader<S>,
    head: &'a LogHead,
    large: BTreeMap<Perfect, Hash>,
}

impl<'a, S: Store> Trees<'a, S> {
    /// Reads the log once.
    pub(super) fn of(reader: &'a Reader<S>, head: &'a LogHead) -> Result<Self, LedgerError> {
        let mut large = BTreeMap::new();
        let mut range = Range::default();
        let mut note = |tree: Perfect, hash: &Hash| {
            if tree.level >= SNAPSHOT_TREE_LEVEL {
                large.insert(tree, *hash);
            }
        };
        while range.count() < head.range.count() {
            let left = usize::try_from(head.range.count() - range.count()).unwrap_or(usize::MAX);
            for item in items(reader, head, range.count(), left.min(SNAPSHOT_RECORDS_READ))? {
                range.append_noting(&item, &mut note);
            }
        }
        Ok(Self { reader, head, large })
    }

    /// The proof that a run of records stands where it does.
    pub(super) fn prove(&self, start: u64, end: u64) -> Result<RangeProof, LedgerError> {
        let proof = RangeProof::of(self.head.range.count(), start, end, |tree| self.hash(tree))?;
        // The maker asks for runs of the log.
        Ok(proof.unwrap_or_default())
    }

    fn hash(&self, tree: Perfect) -> Result<Hash, LedgerError> {
        if let Some(hash) = self.large.get(&tree) {
            return Ok(*hash);
        }
        let count = usize::try_from(tree.last() - tree.first()).unwrap_or(usize::MAX).saturating_add(1);
        Ok(merkle::root(&items(self.reader, self.head, tree.first(), count)?))
    }
}

/// Items of a log from an index on, exactly so many.
fn items<S: Store>(reader: &Reader<S>, head: &LogHead, start: u64, count: usize) -> Result<Vec<Hash>, LedgerError> {
    let records = reader.log_records(&head.contract, &head.key, start, count)?;
    if records.len() < count {
        return Err(reader.log_damaged(&head.contract, &head.key));
    }
    let numbered = records.iter().zip(start..);
    Ok(numbered.map(|(record, index)| record.item(&head.contract, &head.key, index)).collect())
}
