//! Shows that an earlier execution result is the one that a later result names.
//!
//! Each result holds the root of the mountain range over all results before it, so a certificate over one result is
//! a certificate over all of them, and the history of a chain hangs on its newest certificate.

use crate::hash::Hash;
use crate::number::Height;
use crate::range::{BadRangeProof, Range, RangeProof};
use crate::result::ExecutionResult;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The range over the results before a later one, and the path of the earlier one in it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ResultProof {
    /// The range over the results of all heights from 1 to the one before the later result's.
    pub range: Range,
    /// Path of the earlier result.
    pub path: RangeProof,
}

/// Why a result is not shown to be the one that a later one names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadResultProof {
    /// Heights begin at 1, and only those before a result are in its range.
    #[error("the result of height {earlier} is not before that of height {later}")]
    NotBefore {
        /// Height of the result to be shown.
        earlier: Height,
        /// Height of the result that is to name it.
        later: Height,
    },
    /// The range does not end before the later result.
    #[error("the range is over {found} results, {expected} come before")]
    Count {
        /// Number in the range.
        found: u64,
        /// Number of results before the later one.
        expected: u64,
    },
    /// The range is another one.
    #[error("the range over earlier results has root {found}, the certified one is {expected}")]
    Root {
        /// Root of the range.
        found: Hash,
        /// Root that the later result names.
        expected: Hash,
    },
    /// The path leads elsewhere.
    #[error(transparent)]
    Path(#[from] BadRangeProof),
}

impl ResultProof {
    /// Position of a height's result in the range over all results; `None` for height 0, which is not in it.
    #[must_use]
    pub fn position(height: Height) -> Option<u64> {
        height.0.checked_sub(1)
    }

    /// Checks that `earlier` is the result of its height in the chain that `later` is of.
    ///
    /// # Errors
    /// [`BadResultProof`] says why not.
    pub fn verify(&self, earlier: &ExecutionResult, later: &ExecutionResult) -> Result<(), BadResultProof> {
        let before = Self::position(later.height).filter(|_| earlier.height < later.height);
        let positions = Self::position(earlier.height).zip(before);
        let not_before = BadResultProof::NotBefore { earlier: earlier.height, later: later.height };
        let (at, expected) = positions.ok_or(not_before)?;
        let found = self.range.count();
        if found != expected {
            return Err(BadResultProof::Count { found, expected });
        }
        let root = self.range.root();
        if root != later.range_root {
            return Err(BadResultProof::Root { found: root, expected: later.range_root });
        }
        Ok(self.path.verify(&self.range, at, &[earlier.hash()])?)
    }
}
