//! Perfect trees of the mountain ranges: the one over all results, and those over logs.
//!
//! The range itself (a tip's, or a log's in the state) has only its peaks. Proving a run of items, or naming the
//! range of an earlier length, needs trees below them. Those of [`RANGE_TREE_LEVEL_MIN`] levels and more are rows,
//! written with the item that completes them; smaller ones are made of the items again. No root covers the rows, so what
//! is made of them is checked against a range before it is answered.

use crate::error::LedgerError;
use crate::limits::RANGE_TREE_LEVEL_MIN;
use crate::record::{Place, join, log_prefix};
use crate::store::{Batch, Space, Store};
use countersign_types::range::{Perfect, Range, RangeProof};
use countersign_types::{Address, Hash, merkle};

/// A perfect tree of a range and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangeTree {
    /// Its place.
    pub place: Perfect,
    /// Its hash.
    pub hash: Hash,
}

impl RangeTree {
    /// The tree, if it is one of those that are stored.
    #[must_use]
    pub fn stored(place: Perfect, hash: &Hash) -> Option<Self> {
        (place.level >= RANGE_TREE_LEVEL_MIN).then_some(Self { place, hash: *hash })
    }
}

/// Which range a tree is of: the beginning of its row's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner([u8; 16]);

impl Owner {
    /// The range over all results.
    pub(crate) const RESULTS: Self = Self([0; 16]);

    /// The range over a contract's log.
    pub(crate) fn log(contract: &Address, key: &[u8]) -> Self {
        Self(log_prefix(contract, key))
    }

    /// Where a tree stands in [`Space::Trees`]: `owner 16 | level u8 | index u64`.
    pub(crate) fn key(self, place: Perfect) -> [u8; 25] {
        let level = u8::try_from(place.level).expect("levels are below 64");
        let place: [u8; 9] = join([level], place.index.to_be_bytes());
        join(self.0, place)
    }

    pub(crate) fn put(self, batch: &mut Batch, tree: &RangeTree) {
        batch.put(Space::Trees, self.key(tree.place), tree.hash.0);
    }

    /// Removes the trees that a range of `count` items has and one of `kept` has not.
    pub(crate) fn shorten(self, batch: &mut Batch, kept: u64, count: u64) {
        for level in RANGE_TREE_LEVEL_MIN..u64::BITS {
            for index in (kept >> level)..(count >> level) {
                batch.remove(Space::Trees, self.key(Perfect { level, index }));
            }
        }
    }

    fn stored<S: Store>(self, store: &S, place: Perfect) -> Result<Hash, LedgerError> {
        let key = self.key(place);
        let bytes = store.get(Space::Trees, &key)?.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Hash).ok_or_else(|| self.damaged(place))
    }

    fn damaged(self, place: Perfect) -> LedgerError {
        Place { what: "a tree of a range", space: Space::Trees, key: &self.key(place) }.damaged()
    }
}

/// Number of stored trees of a range.
pub(crate) fn stored_trees(count: u64) -> u64 {
    (RANGE_TREE_LEVEL_MIN..u64::BITS).map(|level| count >> level).fold(0, u64::saturating_add)
}

/// Hashes any perfect tree of a range; `items` reads items from a first to a last one.
pub(crate) struct Trees<'a, S, I> {
    pub(crate) owner: Owner,
    pub(crate) store: &'a S,
    /// The first item that can be read. Of the range over those before it, the trees that it is made of are rows,
    /// whatever their level.
    pub(crate) from: u64,
    pub(crate) items: I,
}

impl<S: Store, I: FnMut(u64, u64) -> Result<Vec<Hash>, LedgerError>> Trees<'_, S, I> {
    fn hash(&mut self, place: Perfect) -> Result<Hash, LedgerError> {
        if place.level >= RANGE_TREE_LEVEL_MIN || place.last() < self.from {
            return self.owner.stored(self.store, place);
        }
        if let Some((left, right)) = place.halves().filter(|_| place.first() < self.from) {
            let left = self.hash(left)?;
            return Ok(merkle::node(&left, &self.hash(right)?));
        }
        let items = (self.items)(place.first(), place.last())?;
        if u64::try_from(items.len()) != Ok(1 << place.level) {
            return Err(self.owner.damaged(place));
        }
        Ok(merkle::root(&items))
    }

    /// The range over the first `count` items.
    pub(crate) fn range(&mut self, count: u64) -> Result<Range, LedgerError> {
        Range::of_trees(count, |place| self.hash(place))
    }

    /// The proof of the items `[start, end)` of a range of `count`, which reach no further.
    pub(crate) fn proof(&mut self, count: u64, start: u64, end: u64) -> Result<RangeProof, LedgerError> {
        let proof = RangeProof::of(count, start, end, |place| self.hash(place))?;
        proof.ok_or_else(|| self.owner.damaged(Perfect { level: 0, index: end }))
    }
}
