//! Proofs that some items are exactly those at certain positions of a mountain range.
//!
//! The run `[start, end)` of a range is walked from left to right, from the range's perfect trees down. A tree
//! - outside the run at the top is one of the range's own peaks: nothing is needed;
//! - inside the run is made again from the items;
//! - that the run cuts is taken apart into its halves, and where a half lies outside the run, the proof holds its hash.
//!
//! So count, start and number of items settle how many hashes there are and which, in order of position, and each
//! must lead to a peak: a proof has one form. There are at most two of each level, one at either end of the run. Of an
//! empty run, and of a whole range, nothing needs to be shown beyond the range itself.

use super::{Perfect, Range};
use crate::hash::Hash;
use crate::merkle::{self, node};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Hashes of the trees beside a run of items, by rising position. In JSON a list of hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RangeProof(pub Vec<Hash>);

/// Why a run of items is not shown to be part of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRangeProof {
    /// The range has another number of peaks than its count asks for.
    #[error("the range has not one peak for each bit of its count")]
    Malformed,
    /// The run ends behind the range.
    #[error("items {start} to {end} lie beyond a range of {count}")]
    Beyond {
        /// The run's first position.
        start: u64,
        /// The position behind the run.
        end: u64,
        /// Length of the range.
        count: u64,
    },
    /// There are fewer or more hashes than the run needs.
    #[error("the range proof has {given} hashes, the run needs {needed}")]
    Hashes {
        /// In the proof.
        given: usize,
        /// As the run needs them.
        needed: usize,
    },
    /// Items and hashes lead to another peak than the range's.
    #[error("the items do not lead to the range's peak over items {first} to {last}")]
    Peak {
        /// First item below the peak.
        first: u64,
        /// Last item below the peak.
        last: u64,
    },
}

impl RangeProof {
    /// The trees whose hashes prove the items `[start, end)` of a range of `count`, in order; `None` beyond its end.
    #[must_use]
    pub fn needed(count: u64, start: u64, end: u64) -> Option<Vec<Perfect>> {
        let run = Run::within(count, start, end)?;
        let mut needed = Vec::new();
        for tree in Perfect::row(count).filter(|tree| run.stands_to(*tree) == Stand::Cut) {
            run.beside(tree, &mut needed);
        }
        Some(needed)
    }

    /// Proves the items `[start, end)` of a range of `count`, whose trees hash to what `hash_of` says; `None` beyond
    /// its end.
    ///
    /// # Errors
    /// The first one that `hash_of` answers.
    pub fn of<E>(
        count: u64,
        start: u64,
        end: u64,
        hash_of: impl FnMut(Perfect) -> Result<Hash, E>,
    ) -> Result<Option<Self>, E> {
        let needed = Self::needed(count, start, end);
        needed.map(|trees| trees.into_iter().map(hash_of).collect::<Result<_, E>>().map(Self)).transpose()
    }

    /// Checks that `items` are exactly those of `range` from position `start` on.
    ///
    /// # Errors
    /// [`BadRangeProof`] says why not.
    pub fn verify(&self, range: &Range, start: u64, items: &[Hash]) -> Result<(), BadRangeProof> {
        if !range.is_well_formed() {
            return Err(BadRangeProof::Malformed);
        }
        let count = range.count();
        let end = u64::try_from(items.len()).ok().and_then(|length| start.checked_add(length));
        let needed = end.and_then(|end| Self::needed(count, start, end));
        let beyond = BadRangeProof::Beyond { start, end: end.unwrap_or(u64::MAX), count };
        let (end, needed) = end.zip(needed).ok_or(beyond)?;
        if self.0.len() != needed.len() {
            return Err(BadRangeProof::Hashes { given: self.0.len(), needed: needed.len() });
        }
        let run = Run { start, end };
        let mut climb = Climb { run, items, hashes: self.0.iter() };
        for (tree, peak) in range.trees().filter(|(tree, _)| run.stands_to(*tree) != Stand::Outside) {
            if climb.hash(tree).as_ref() != Some(peak) {
                return Err(BadRangeProof::Peak { first: tree.first(), last: tree.last() });
            }
        }
        Ok(())
    }
}

/// Positions `[start, end)`.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u64,
    end: u64,
}

/// How a tree stands to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Outside,
    Inside,
    Cut,
}

impl Run {
    fn within(count: u64, start: u64, end: u64) -> Option<Self> {
        (start <= end && end <= count).then_some(Self { start, end })
    }

    fn stands_to(self, tree: Perfect) -> Stand {
        if self.start == self.end || tree.last() < self.start || tree.first() >= self.end {
            Stand::Outside
        } else if self.start <= tree.first() && tree.last() < self.end {
            Stand::Inside
        } else {
            Stand::Cut
        }
    }

    /// Adds the trees beside the run below one that it cuts. A single item is never cut.
    fn beside(self, tree: Perfect, beside: &mut Vec<Perfect>) {
        let Some((left, right)) = tree.halves() else { return };
        for half in [left, right] {
            match self.stands_to(half) {
                Stand::Outside => beside.push(half),
                Stand::Inside => {}
                Stand::Cut => self.beside(half, beside),
            }
        }
    }
}

/// Hashes trees from a run's items and the proof's hashes, which it takes in order.
struct Climb<'a> {
    run: Run,
    items: &'a [Hash],
    hashes: core::slice::Iter<'a, Hash>,
}

impl Climb<'_> {
    /// The hash of a tree; `None` if items or hashes are missing, of which [`RangeProof::verify`] made sure.
    fn hash(&mut self, tree: Perfect) -> Option<Hash> {
        match self.run.stands_to(tree) {
            Stand::Outside => self.hashes.next().copied(),
            Stand::Inside => {
                let place = |item: u64| usize::try_from(item.checked_sub(self.run.start)?).ok();
                let items = self.items.get(place(tree.first())?..=place(tree.last())?)?;
                Some(merkle::root(items))
            }
            Stand::Cut => {
                let (left, right) = tree.halves()?;
                let left = self.hash(left)?;
                Some(node(&left, &self.hash(right)?))
            }
        }
    }
}
