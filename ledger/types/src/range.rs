//! Merkle mountain ranges: append-only lists whose root costs O(log n) hashes to extend.
//!
//! A range of n leaves is a row of perfect trees, one for each bit of n, largest first. Only the
//! peaks are needed to append. The root hashes the count and the peaks in order, so it also fixes
//! the length: a page or the whole list can be shown to omit nothing ([`proof`]).

pub mod proof;
mod tree;

pub use proof::{BadRangeProof, RangeProof};
pub use tree::Perfect;

use crate::hash::{Hash, Tag};
use crate::merkle::{leaf, node};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A range, by its peaks.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    count: u64,
    peaks: Vec<Hash>,
}

impl Range {
    /// The range over a whole list.
    #[must_use]
    pub fn over<'a>(items: impl IntoIterator<Item = &'a Hash>) -> Self {
        let mut range = Self::default();
        for item in items {
            range.append(item);
        }
        range
    }

    /// The range of `count` leaves whose perfect trees hash to what `hash_of` says.
    ///
    /// # Errors
    /// The first one that `hash_of` answers.
    pub fn of_trees<E>(count: u64, hash_of: impl FnMut(Perfect) -> Result<Hash, E>) -> Result<Self, E> {
        let peaks = Perfect::row(count).map(hash_of).collect::<Result<_, E>>()?;
        Ok(Self { count, peaks })
    }

    /// Number of leaves.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds an item; answers its index.
    pub fn append(&mut self, item: &Hash) -> u64 {
        self.append_noting(item, |_, _| ())
    }

    /// Adds an item, and tells of each perfect tree that it completes, from its leaf upwards; answers its index.
    pub fn append_noting(&mut self, item: &Hash, mut note: impl FnMut(Perfect, &Hash)) -> u64 {
        let index = self.count;
        let mut hash = leaf(item);
        let mut tree = Perfect { level: 0, index };
        note(tree, &hash);
        for _ in 0..index.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
            tree = tree.parent();
            note(tree, &hash);
        }
        self.peaks.push(hash);
        self.count += 1;
        index
    }

    /// Hash of the count and the peaks; zero for the empty range.
    #[must_use]
    pub fn root(&self) -> Hash {
        if self.count == 0 { Hash::ZERO } else { Hash::of_value(Tag::RANGE, self) }
    }

    /// Whether there is exactly one peak for each bit of the count.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        u32::try_from(self.peaks.len()) == Ok(self.count.count_ones())
    }

    /// The perfect trees of a well-formed range with their hashes, largest first.
    pub fn trees(&self) -> impl Iterator<Item = (Perfect, &Hash)> {
        Perfect::row(self.count).zip(&self.peaks)
    }
}
