//! Which keys belong to a value, in order.

use alloc::vec::Vec;
use core::ops::RangeBounds;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::contract::Slot;
use crate::ordered::{is_after, is_before};
use crate::tree::Tree;

/// Pairs of an indexed value `I` and a key `K`, ordered by value, then by key: the lots of an owner,
/// the certificates by the day on which they run out.
///
/// The contract keeps it in step with what it indexes: it inserts a pair where it sets a value and
/// removes the pair where it changes or removes the value.
pub struct Index<I, K> {
    pairs: Tree<(I, K)>,
}

impl<I, K> Index<I, K> {
    /// The index whose keys begin with `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { pairs: Tree::new(name) }
    }

    /// Number of pairs.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.pairs.len()
    }

    /// Whether there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<I, K> Index<I, K>
where
    I: BorshSerialize + BorshDeserialize + Ord + Clone,
    K: BorshSerialize + BorshDeserialize + Ord + Clone,
{
    /// Adds a pair; answers whether it is new. Traps if its encoding is over 512 bytes.
    pub fn insert(&mut self, value: &I, key: &K) -> bool {
        self.pairs.insert(&(value.clone(), key.clone()))
    }

    /// Removes a pair; answers whether it was there.
    pub fn remove(&mut self, value: &I, key: &K) -> bool {
        self.pairs.remove(&(value.clone(), key.clone()))
    }

    /// Whether the pair is there.
    #[must_use]
    pub fn contains(&self, value: &I, key: &K) -> bool {
        self.pairs.contains(&(value.clone(), key.clone()))
    }

    /// Up to `limit` keys of a value, in order.
    #[must_use]
    pub fn of(&self, value: &I, limit: u32) -> Vec<K> {
        self.page(value, None, limit)
    }

    /// Up to `limit` keys of a value that come after a key, or the first ones.
    #[must_use]
    pub fn page(&self, value: &I, after: Option<&K>, limit: u32) -> Vec<K> {
        let before = |(each, key): &(I, K)| each < value || each == value && after.is_some_and(|after| key <= after);
        let pairs = self.pairs.range(before, |(each, _)| each > value, limit);
        pairs.into_iter().map(|(_, key)| key).collect()
    }

    /// Up to `limit` pairs whose values lie in a range, in order.
    #[must_use]
    pub fn range(&self, range: impl RangeBounds<I>, limit: u32) -> Vec<(I, K)> {
        let (start, end) = (range.start_bound(), range.end_bound());
        self.pairs.range(|(value, _)| is_before(value, start), |(value, _)| is_after(value, end), limit)
    }
}

impl<I, K> Slot for Index<I, K> {
    fn at(name: &'static str) -> Self {
        Self::new(name)
    }
}
