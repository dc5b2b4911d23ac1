//! A bucket: a whole subtree of few keys as one flat piece, in memory as on disk.
//!
//! On disk it is its leaves by rising path, 72 bytes each. In memory the hash of each subtree of two keys or more
//! stands beside them, so that a write costs the hashes on its path. Leaves in order divide where the first and the
//! last of them part, so the place of a subtree's hash is that of the gap between its two sides.

use super::location::Location;
use countersign_types::Hash;
use countersign_types::state::{bit, leaf_hash, node_hash};

/// Bytes of a leaf on disk.
pub const LEAF_BYTES: usize = 72;

/// A key's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// The key's path.
    pub path: Hash,
    /// Hash of its value.
    pub value: Hash,
    /// Where key and value are stored.
    pub at: Location,
}

impl Leaf {
    /// The leaf's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.path, &self.value)
    }

    fn decode(bytes: &[u8; LEAF_BYTES]) -> Option<Self> {
        let (path, rest) = bytes.split_first_chunk::<32>()?;
        let (value, rest) = rest.split_first_chunk::<32>()?;
        let at = Location(u64::from_le_bytes(rest.try_into().ok()?));
        Some(Self { path: Hash(*path), value: Hash(*value), at })
    }
}

/// One key or more under a place of the tree.
#[derive(Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The subtree's hash.
    pub hash: Hash,
    /// Levels above it.
    depth: usize,
    leaves: Box<[Leaf]>,
    /// For the gap behind each leaf but the last: hash of the subtree that divides there, seen from just below where
    /// the subtree around it divides (from `depth` for the whole), one-sided nodes in between included.
    tops: Box<[Hash]>,
}

/// Old leaves that new ones are, by their index; [`NEW`] for none.
pub(crate) type Origin = u8;
pub(crate) const NEW: Origin = u8::MAX;

impl Bucket {
    /// The bucket of these leaves, at least one, of strictly rising paths that agree in the first `depth` bits.
    #[must_use]
    pub fn new(leaves: Vec<Leaf>, depth: usize) -> Self {
        Self::renewed(leaves, depth, None)
    }

    /// As [`Bucket::new`], taking over what an older bucket of the same depth knows of leaves that come from it.
    pub(crate) fn renewed(leaves: Vec<Leaf>, depth: usize, old: Option<(&Self, &[Origin])>) -> Self {
        let mut tops = vec![Hash::ZERO; leaves.len().saturating_sub(1)];
        let hash = match old {
            Some((old, origins)) => top(&leaves, &mut tops, depth, Some(old), origins),
            None => top(&leaves, &mut tops, depth, None, &[]),
        };
        Self { hash, depth, leaves: leaves.into_boxed_slice(), tops: tops.into_boxed_slice() }
    }

    /// What [`Bucket::encode`] made for this depth; `None` if that cannot be.
    #[must_use]
    pub fn decode(bytes: &[u8], depth: usize) -> Option<Self> {
        let (chunks, rest) = bytes.as_chunks::<LEAF_BYTES>();
        if !rest.is_empty() || chunks.is_empty() {
            return None;
        }
        let leaves: Vec<Leaf> = chunks.iter().map(Leaf::decode).collect::<Option<_>>()?;
        let rises = leaves.is_sorted_by(|a, b| a.path < b.path);
        let fits = leaves.first().zip(leaves.last()).is_some_and(|(a, b)| fork(&a.path, &b.path) >= depth);
        (rises && fits).then(|| Self::new(leaves, depth))
    }

    /// Appends the leaves' bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for leaf in &self.leaves {
            out.extend_from_slice(&leaf.path.0);
            out.extend_from_slice(&leaf.value.0);
            out.extend_from_slice(&leaf.at.0.to_le_bytes());
        }
    }

    /// The path of the first leaf of an encoded bucket.
    #[must_use]
    pub fn first_path(bytes: &[u8]) -> Option<Hash> {
        bytes.first_chunk::<32>().map(|path| Hash(*path))
    }

    /// Bytes of its encoding.
    #[must_use]
    pub fn encoded_bytes(&self) -> usize {
        self.leaves.len().saturating_mul(LEAF_BYTES)
    }

    /// The leaves by rising path.
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The leaf at a path.
    #[must_use]
    pub fn find(&self, path: &Hash) -> Option<&Leaf> {
        let place = self.leaves.binary_search_by(|leaf| leaf.path.cmp(path)).ok()?;
        self.leaves.get(place)
    }

    /// The whole, to be walked.
    #[must_use]
    pub fn part(&self) -> Part<'_> {
        Part { leaves: &self.leaves, tops: &self.tops, top: self.depth, depth: self.depth }
    }

    /// What is known of the subtree that these leaves in a row are, if they are one that begins at this depth.
    fn known(&self, first: usize, count: usize, depth: usize) -> Option<&[Hash]> {
        let leaf = self.leaves.get(first)?;
        let after = first.checked_add(count)?;
        let last = self.leaves.get(after.checked_sub(1)?)?;
        let below =
            |other: Option<&Leaf>, leaf: &Leaf| other.map_or(self.depth, |other| fork(&other.path, &leaf.path) + 1);
        let before = first.checked_sub(1).and_then(|before| self.leaves.get(before));
        let begins = below(before, leaf).max(below(self.leaves.get(after), last));
        if begins != depth {
            return None;
        }
        self.tops.get(first..after.checked_sub(1)?)
    }
}

/// Hash of the subtree of these leaves as seen from `depth`; fills in what stands in its gaps.
fn top(leaves: &[Leaf], tops: &mut [Hash], depth: usize, old: Option<&Bucket>, origins: &[Origin]) -> Hash {
    let (Some(first), Some(last)) = (leaves.first(), leaves.last()) else { return Hash::ZERO };
    if leaves.len() == 1 {
        return first.hash();
    }
    let fork = fork(&first.path, &last.path);
    let right = division(leaves, fork);
    let Some(gap) = right.checked_sub(1) else { return Hash::ZERO };
    if let Some(known) = old.and_then(|old| old.known(run(origins)?, leaves.len(), depth)) {
        tops.copy_from_slice(known);
        return tops.get(gap).copied().unwrap_or_default();
    }
    let (lefts, rights) = leaves.split_at(right);
    let (left_origins, right_origins) = origins.split_at(right.min(origins.len()));
    let Some((left_tops, [own, right_tops @ ..])) = tops.split_at_mut_checked(gap) else { return Hash::ZERO };
    let left = top(lefts, left_tops, fork + 1, old, left_origins);
    let right = top(rights, right_tops, fork + 1, old, right_origins);
    let mut hash = node_hash(&left, &right);
    for level in (depth..fork).rev() {
        hash = if bit(&first.path, level) { node_hash(&Hash::ZERO, &hash) } else { node_hash(&hash, &Hash::ZERO) };
    }
    *own = hash;
    hash
}

/// Where a run of old leaves in a row begins, if that is what these are.
fn run(origins: &[Origin]) -> Option<usize> {
    let first = origins.first().filter(|first| **first != NEW)?;
    let is_run =
        origins.iter().zip(*first..NEW).filter(|(origin, expected)| *origin == expected).count() == origins.len();
    is_run.then_some(usize::from(*first))
}

/// The first bit in which two paths differ; 256 if none.
pub(crate) fn fork(a: &Hash, b: &Hash) -> usize {
    let differ = a.0.iter().zip(&b.0).enumerate().find(|(_, (a, b))| a != b);
    differ.map_or(256, |(index, (a, b))| index * 8 + (a ^ b).leading_zeros() as usize)
}

/// How many of these leaves go left at a depth.
fn division(leaves: &[Leaf], depth: usize) -> usize {
    leaves.partition_point(|leaf| !bit(&leaf.path, depth))
}

/// A subtree of a bucket.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    leaves: &'a [Leaf],
    tops: &'a [Hash],
    /// Depth from which the hash that stands in the gap is seen.
    top: usize,
    depth: usize,
}

impl<'a> Part<'a> {
    /// The leaves below.
    #[must_use]
    pub fn leaves(&self) -> &'a [Leaf] {
        self.leaves
    }

    /// The subtree's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self.leaves {
            [] => Hash::ZERO,
            [leaf] => leaf.hash(),
            [first, .., last] if self.depth == self.top => {
                let gap = division(self.leaves, fork(&first.path, &last.path)).checked_sub(1);
                gap.and_then(|gap| self.tops.get(gap)).copied().unwrap_or_default()
            }
            _ => {
                let (left, right) = self.sides();
                node_hash(&left.hash(), &right.hash())
            }
        }
    }

    /// Both sides.
    #[must_use]
    pub fn sides(&self) -> (Self, Self) {
        let depth = self.depth.saturating_add(1);
        let right = division(self.leaves, self.depth);
        let whole = Self { depth, ..*self };
        let none = Self { leaves: &[], tops: &[], top: depth, depth };
        if right == 0 {
            return (none, whole);
        }
        if right == self.leaves.len() {
            return (whole, none);
        }
        let (lefts, rights) = self.leaves.split_at(right);
        let (left_tops, rest) = self.tops.split_at(right.saturating_sub(1).min(self.tops.len()));
        let right_tops = rest.get(1..).unwrap_or_default();
        let side = |leaves, tops| Self { leaves, tops, top: depth, depth };
        (side(lefts, left_tops), side(rights, right_tops))
    }
}
