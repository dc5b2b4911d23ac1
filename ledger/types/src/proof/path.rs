//! Paths in the lists that a block commits to: transactions, receipts, events.
//!
//! Each step names the side that it stands on, so a path has one form and one root. (A path of
//! position and length, as [`ListProof`] is, leaves the length open: items 0 of 3 and 0 of 4 have the
//! same siblings.)

use crate::hash::Hash;
use crate::limits::LIST_PATH_STEPS_MAX;
use crate::merkle::{ListProof, leaf, node};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A sibling on the way from an item up to the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sibling {
    /// It stands left of the way.
    Left(Hash),
    /// It stands right of the way.
    Right(Hash),
}

/// The siblings from an item upwards. In JSON a list of texts: `<0x…` for one on the left, `>0x…` for one on
/// the right.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListPath(pub Vec<Sibling>);

/// Why a path shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// No list is so long.
    #[error("it has {steps} steps, at most {LIST_PATH_STEPS_MAX} are possible")]
    Long {
        /// Steps given.
        steps: usize,
    },
    /// It leads to another root.
    #[error("it leads to {found}, the block names {expected}")]
    Root {
        /// Where it leads.
        found: Hash,
        /// The block's root.
        expected: Hash,
    },
    /// It is the path of another position in the list.
    #[error("it is not the path of item {index} of {count}")]
    Place {
        /// Where the item has to stand.
        index: u64,
        /// Length of the list.
        count: u64,
    },
}

impl ListPath {
    /// Checks that the item stands in the list with this root.
    ///
    /// # Errors
    /// [`BadPath`].
    pub fn verify(&self, item: &Hash, expected: &Hash) -> Result<(), BadPath> {
        if self.0.len() > LIST_PATH_STEPS_MAX {
            return Err(BadPath::Long { steps: self.0.len() });
        }
        let found = self.0.iter().fold(leaf(item), |below, sibling| match sibling {
            Sibling::Left(left) => node(left, &below),
            Sibling::Right(right) => node(&below, right),
        });
        if found == *expected { Ok(()) } else { Err(BadPath::Root { found, expected: *expected }) }
    }

    /// Checks that it is the path of a position in a list of known length.
    ///
    /// # Errors
    /// [`BadPath::Place`].
    pub fn check_place(&self, index: u64, count: u64) -> Result<(), BadPath> {
        let is_right = self.0.iter().map(|sibling| matches!(sibling, Sibling::Right(_)));
        let stands = sides(index, count).is_some_and(|expected| is_right.eq(expected));
        if stands { Ok(()) } else { Err(BadPath::Place { index, count }) }
    }
}

impl From<ListProof> for ListPath {
    /// The same path with sides. A position beyond the list gives an empty one, which shows nothing.
    fn from(proof: ListProof) -> Self {
        let sides = sides(proof.index, proof.count).unwrap_or_default();
        let sibling = |(is_right, hash)| if is_right { Sibling::Right(hash) } else { Sibling::Left(hash) };
        Self(sides.into_iter().zip(proof.siblings).map(sibling).collect())
    }
}

/// For each step from an item upwards whether its sibling is on the right; `None` beyond the list.
fn sides(mut index: u64, mut count: u64) -> Option<Vec<bool>> {
    if index >= count {
        return None;
    }
    let mut downwards = Vec::new();
    while let Some(last) = count.checked_sub(1).filter(|last| *last > 0) {
        // Largest power of two below the count.
        let middle = 1u64 << last.ilog2();
        let is_left = index < middle;
        downwards.push(is_left);
        (index, count) = if is_left { (index, middle) } else { (index - middle, count - middle) };
    }
    downwards.reverse();
    Some(downwards)
}

impl Serialize for Sibling {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Left(hash) => serializer.collect_str(&format_args!("<{hash}")),
            Self::Right(hash) => serializer.collect_str(&format_args!(">{hash}")),
        }
    }
}

impl<'de> Deserialize<'de> for Sibling {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let side = |rest: &str| rest.parse().map_err(D::Error::custom);
        match (text.strip_prefix('<'), text.strip_prefix('>')) {
            (Some(rest), _) => side(rest).map(Self::Left),
            (_, Some(rest)) => side(rest).map(Self::Right),
            _ => Err(D::Error::custom("a step of a path is < or > and a hash")),
        }
    }
}
