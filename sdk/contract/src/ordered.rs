//! Stored values by keys that have an order.

use alloc::borrow::Borrow;
use alloc::vec::Vec;
use core::ops::{Bound, RangeBounds};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::contract::Slot;
use crate::map::Map;
use crate::tree::Tree;

/// Values of `V` by keys of `K`, enumerated in the order of the keys.
///
/// Values are stored as those of a [`Map`] are, so that reading or replacing one costs the same; the
/// keys are stored a second time, in a B+-tree, which an added or removed key changes. The order is
/// that of `K`'s `Ord`: a contract that changes it must write the map anew.
///
/// Nothing proves that an answer has all entries of a range: what must be provably whole is a
/// [`Log`](crate::Log).
pub struct OrderedMap<K, V> {
    values: Map<K, V>,
    keys: Tree<K>,
}

impl<K: BorshSerialize, V> OrderedMap<K, V> {
    /// The map whose keys begin with `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { values: Map::new(name), keys: Tree::new(name) }
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.keys.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `key` has a value. Copies nothing.
    #[must_use]
    pub fn has<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
    {
        self.values.has(key)
    }

    /// The value of `key`, if it has one.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
        V: BorshDeserialize,
    {
        self.values.get(key)
    }
}

impl<K: BorshSerialize + BorshDeserialize + Ord + Clone, V> OrderedMap<K, V> {
    /// Sets the value of `key`.
    pub fn set(&mut self, key: &K, value: &V)
    where
        V: BorshSerialize,
    {
        if !self.values.has(key) {
            self.keys.insert(key);
        }
        self.values.set(key, value);
    }

    /// Removes the value of `key`; answers whether there was one.
    pub fn remove<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: BorshSerialize + Ord + ?Sized,
    {
        self.values.remove(key) && self.keys.remove(key)
    }

    /// Up to `limit` keys in a range, in order.
    #[must_use]
    pub fn keys(&self, range: impl RangeBounds<K>, limit: u32) -> Vec<K> {
        let (start, end) = (range.start_bound(), range.end_bound());
        self.keys.range(|key| is_before(key, start), |key| is_after(key, end), limit)
    }
}

impl<K: BorshSerialize + BorshDeserialize + Ord + Clone, V: BorshDeserialize> OrderedMap<K, V> {
    /// The entry of the lowest key.
    #[must_use]
    pub fn first(&self) -> Option<(K, V)> {
        self.keys.first().map(|key| self.entry(key))
    }

    /// The entry of the highest key.
    #[must_use]
    pub fn last(&self) -> Option<(K, V)> {
        self.keys.last().map(|key| self.entry(key))
    }

    /// Up to `limit` entries in a range of keys, in order: `range(.., 10)`, `range(from..to, 10)`.
    /// None if the range ends before it starts.
    #[must_use]
    pub fn range(&self, range: impl RangeBounds<K>, limit: u32) -> Vec<(K, V)> {
        self.keys(range, limit).into_iter().map(|key| self.entry(key)).collect()
    }

    /// Up to `limit` entries after a key, or the first ones: how a caller goes on after the last key
    /// of a page. The key itself need not be there any more.
    #[must_use]
    pub fn page(&self, after: Option<&K>, limit: u32) -> Vec<(K, V)> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.range((start, Bound::Unbounded), limit)
    }

    fn entry(&self, key: K) -> (K, V) {
        let value = self.values.get(&key).expect("a key in the tree has a value");
        (key, value)
    }
}

impl<K: BorshSerialize, V> Slot for OrderedMap<K, V> {
    fn at(name: &'static str) -> Self {
        Self::new(name)
    }
}

/// Whether `key` lies before a range that starts so.
pub(crate) fn is_before<K: Ord>(key: &K, start: Bound<&K>) -> bool {
    match start {
        Bound::Included(start) => key < start,
        Bound::Excluded(start) => key <= start,
        Bound::Unbounded => false,
    }
}

/// Whether `key` lies after a range that ends so.
pub(crate) fn is_after<K: Ord>(key: &K, end: Bound<&K>) -> bool {
    match end {
        Bound::Included(end) => key > end,
        Bound::Excluded(end) => key >= end,
        Bound::Unbounded => false,
    }
}
