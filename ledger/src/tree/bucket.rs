//! A bucket: a whole subtree of few keys as one flat piece, in memory as on disk.
//!
//! On disk it is its leaves by rising path, 72 bytes each. In memory the hash of each subtree of two keys or more
//! stands beside them, so that a write costs the hashes on its path. Leaves in order divide where the first and the
//! last of them part, so the place of a subtree's hash is that of the gap between its two sides.

use super::location::Location;
use countersign_types::Hash;
use countersign_types::state::{bit, leaf_hash, node_hash};
use std::sync::Arc;

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

/// One key or more under a place of the tree. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Levels above it.
    depth: usize,
    entries: Arc<[Entry]>,
}

/// A leaf, and what stands in the gap behind it: the hash of the subtree that divides there, seen from just below where the
/// subtree around it divides (from the bucket's depth for the whole), one-sided nodes in between included. Behind the last leaf
/// stands the bucket's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    leaf: Leaf,
    top: Hash,
}

impl Entry {
    pub(crate) fn new(leaf: Leaf) -> Self {
        Self { leaf, top: Hash::ZERO }
    }

    pub(crate) fn leaf(&self) -> &Leaf {
        &self.leaf
    }
}

/// Old leaves that new ones are, by their index; [`NEW`] for none.
pub(crate) type Origin = u8;
pub(crate) const NEW: Origin = u8::MAX;

impl Bucket {
    /// The bucket of these leaves, at least one, of strictly rising paths that agree in the first `depth` bits.
    #[must_use]
    pub fn new(leaves: impl IntoIterator<Item = Leaf>, depth: usize) -> Self {
        let mut entries: Vec<Entry> = leaves.into_iter().map(Entry::new).collect();
        Self::renewed(&mut entries, depth, None)
    }

    /// As [`Bucket::new`], taking over what an older bucket of the same depth knows of leaves that come from it. Hashes of
    /// the entries are made here.
    pub(crate) fn renewed(entries: &mut [Entry], depth: usize, old: Option<(&Self, &[Origin])>) -> Self {
        let hash = match old {
            Some((old, origins)) => top(entries, depth, Some(old), origins),
            None => top(entries, depth, None, &[]),
        };
        if let Some(last) = entries.last_mut() {
            last.top = hash;
        }
        Self { depth, entries: Arc::from(&*entries) }
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
        for leaf in self.leaves() {
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

    /// The subtree's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.entries.last().map_or(Hash::ZERO, |last| last.top)
    }

    /// The leaves by rising path.
    #[must_use]
    pub fn leaves(&self) -> impl ExactSizeIterator<Item = &Leaf> {
        self.entries.iter().map(Entry::leaf)
    }

    /// The leaf at a path.
    #[must_use]
    pub fn find(&self, path: &Hash) -> Option<&Leaf> {
        let place = self.entries.binary_search_by(|entry| entry.leaf.path.cmp(path)).ok()?;
        self.entries.get(place).map(Entry::leaf)
    }

    /// The whole, to be walked.
    #[must_use]
    pub fn part(&self) -> Part<'_> {
        Part { entries: &self.entries, top: self.depth, depth: self.depth }
    }

    /// What is known of the subtree that these leaves in a row are, if they are one that begins at this depth.
    fn known(&self, first: usize, count: usize, depth: usize) -> Option<&[Entry]> {
        let after = first.checked_add(count)?;
        let known = self.entries.get(first..after)?;
        let below = |one: Option<&Entry>, other: Option<&Entry>| {
            one.zip(other).map_or(self.depth, |(one, other)| fork(&one.leaf.path, &other.leaf.path) + 1)
        };
        let before = first.checked_sub(1).and_then(|before| self.entries.get(before));
        let begins = below(before, known.first()).max(below(known.last(), self.entries.get(after)));
        (begins == depth).then_some(known)
    }
}

/// Hash of the subtree of these leaves as seen from `depth`; fills in what stands in its gaps.
fn top(entries: &mut [Entry], depth: usize, old: Option<&Bucket>, origins: &[Origin]) -> Hash {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Hash::ZERO };
    if entries.len() == 1 {
        return first.leaf.hash();
    }
    let path = first.leaf.path;
    let fork = fork(&path, &last.leaf.path);
    let right = division(entries, fork);
    let Some(gap) = right.checked_sub(1) else { return Hash::ZERO };
    if let Some(known) = old.and_then(|old| old.known(run(origins)?, entries.len(), depth)) {
        for (entry, known) in entries.iter_mut().zip(known) {
            entry.top = known.top;
        }
        return entries.get(gap).map_or(Hash::ZERO, |entry| entry.top);
    }
    let (lefts, rights) = entries.split_at_mut(right);
    let (left_origins, right_origins) = origins.split_at(right.min(origins.len()));
    let left = top(lefts, fork + 1, old, left_origins);
    let right = top(rights, fork + 1, old, right_origins);
    let mut hash = node_hash(&left, &right);
    for level in (depth..fork).rev() {
        hash = if bit(&path, level) { node_hash(&Hash::ZERO, &hash) } else { node_hash(&hash, &Hash::ZERO) };
    }
    if let Some(entry) = entries.get_mut(gap) {
        entry.top = hash;
    }
    hash
}

/// Where a run of old leaves in a row begins, if that is what these are.
fn run(origins: &[Origin]) -> Option<usize> {
    let first = *origins.first().filter(|first| **first != NEW)?;
    let is_run = origins.iter().zip(first..NEW).all(|(origin, expected)| *origin == expected);
    is_run.then_some(usize::from(first))
}

/// The first bit in which two paths differ; 256 if none.
pub(crate) fn fork(a: &Hash, b: &Hash) -> usize {
    let differ = a.0.iter().zip(&b.0).enumerate().find(|(_, (a, b))| a != b);
    differ.map_or(256, |(index, (a, b))| index * 8 + (a ^ b).leading_zeros() as usize)
}

/// How many of these leaves go left at a depth.
fn division(entries: &[Entry], depth: usize) -> usize {
    entries.partition_point(|entry| !bit(&entry.leaf.path, depth))
}

/// A subtree of a bucket.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    entries: &'a [Entry],
    /// Depth from which the hash that stands in the gap is seen.
    top: usize,
    depth: usize,
}

impl<'a> Part<'a> {
    /// The only leaf below, if it is one.
    #[must_use]
    pub fn leaf(&self) -> Option<&'a Leaf> {
        match self.entries {
            [entry] => Some(&entry.leaf),
            _ => None,
        }
    }

    /// Whether there is no leaf below.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The subtree's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self.entries {
            [] => Hash::ZERO,
            [entry] => entry.leaf.hash(),
            [first, .., last] if self.depth == self.top => {
                let gap = division(self.entries, fork(&first.leaf.path, &last.leaf.path)).checked_sub(1);
                gap.and_then(|gap| self.entries.get(gap)).map_or(Hash::ZERO, |entry| entry.top)
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
        let (lefts, rights) = self.entries.split_at(division(self.entries, self.depth));
        // On a one-sided way the gap's hash is still that of where it began.
        let top = if lefts.is_empty() || rights.is_empty() { self.top } else { depth };
        (Self { entries: lefts, top, depth }, Self { entries: rights, top, depth })
    }
}
