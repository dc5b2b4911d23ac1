//! Merkle mountain ranges: append-only lists whose root costs O(log n) hashes to extend.
//!
//! A range of n leaves is a row of perfect trees, one for each bit of n, largest first. Only the
//! peaks are needed to append. The root hashes the count and the peaks in order, so it also fixes
//! the length: a page or the whole list can be shown to omit nothing.

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

    /// Number of leaves.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds an item; answers its index.
    pub fn append(&mut self, item: &Hash) -> u64 {
        let index = self.count;
        let mut hash = leaf(item);
        for _ in 0..index.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
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
}
