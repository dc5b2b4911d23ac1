//! A sorted set of writes applied to the tree in one pass.

use super::bucket::{LEAF_BYTES, NEW, Origin};
use super::delta::{Change, Link, Prefix, joined};
use super::pack::{Accounts, Packer};
use super::{Bucket, Buckets, Inner, Leaf, Node};
use crate::error::LedgerError;
use crate::limits::{BUCKET_LEAVES_MAX, BUCKET_LEAVES_MERGED};
use countersign_types::Hash;
use countersign_types::state::bit;
use std::sync::Arc;

/// What happens at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// The key's path.
    pub path: Hash,
    /// What.
    pub act: Act,
    /// Which of the caller's entries it is about.
    pub source: usize,
    /// What is stored anew even if it stays the same.
    pub anew: Anew,
}

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Sets the value of this hash.
    Put(Hash),
    /// Removes the key.
    Remove,
    /// Leaves the value as it is.
    Keep,
}

/// What is stored anew even if it stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anew {
    /// The value, which is that of the write's entry.
    pub value: bool,
    /// The bucket.
    pub bucket: bool,
}

impl Write {
    /// Sets the value of this hash.
    #[must_use]
    pub fn put(path: Hash, value: Hash, source: usize) -> Self {
        Self { path, act: Act::Put(value), source, anew: Anew::default() }
    }

    /// Removes the key.
    #[must_use]
    pub fn remove(path: Hash, source: usize) -> Self {
        Self { path, act: Act::Remove, source, anew: Anew::default() }
    }
}

/// What an update asks to be stored, and what it did.
#[derive(Debug, Default)]
pub struct Changes {
    /// Rows of packs of buckets, by number.
    pub pages: Vec<(u64, Vec<u8>)>,
    /// Rows of packs of values, by number.
    pub values: Vec<(u64, Vec<u8>)>,
    /// The accounts afterwards.
    pub accounts: Accounts,
    /// What changed of the places, sorted.
    pub places: Vec<Change>,
    /// The new buckets.
    pub buckets: Vec<(Link, Arc<Bucket>)>,
    /// Entries whose key was absent before.
    pub inserted: Vec<usize>,
    /// Entries whose key is absent now and was not before.
    pub removed: Vec<usize>,
    /// Inner nodes that were made.
    pub inners: usize,
}

/// An update in progress. Entries are key and value.
#[derive(Debug)]
pub struct Update<'a, B> {
    buckets: &'a B,
    entries: &'a [(&'a [u8], &'a [u8])],
    pages: Packer,
    values: Packer,
    changes: Changes,
}

/// A subtree in the making: a bucket is not stored before it is clear that it is not merged with its neighbour.
enum Made {
    Node(Node),
    Loose(Loose),
}

/// Leaves that will be a bucket, at least one.
struct Loose {
    leaves: Vec<Leaf>,
    /// The bucket at this place before, and which of its leaves the new ones are.
    old: Option<(Arc<Bucket>, Vec<Origin>)>,
}

impl Made {
    /// Number of leaves, if it is not more than a bucket.
    fn leaves(&self) -> Option<usize> {
        match self {
            Self::Node(Node::Empty) => Some(0),
            Self::Node(Node::Bucket(link)) => Some(usize::from(link.leaves)),
            Self::Node(Node::Inner(_)) => None,
            Self::Loose(loose) => Some(loose.leaves.len()),
        }
    }

    /// Whether it is this very node.
    fn is(&self, node: &Node) -> bool {
        match (self, node) {
            (Self::Node(Node::Empty), Node::Empty) => true,
            (Self::Node(Node::Bucket(one)), Node::Bucket(other)) => one == other,
            (Self::Node(Node::Inner(one)), Node::Inner(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl<'a, B: Buckets> Update<'a, B> {
    /// Begins an update that stores what it makes in packs of these accounts.
    pub fn new(buckets: &'a B, accounts: Accounts, entries: &'a [(&'a [u8], &'a [u8])]) -> Self {
        let (pages, values) = (Packer::new(accounts.pages), Packer::new(accounts.values));
        Self { buckets, entries, pages, values, changes: Changes::default() }
    }

    /// Applies writes in strictly rising order of their paths; answers the new root.
    ///
    /// # Errors
    /// As [`Buckets::bucket`]. Nothing was stored.
    pub fn apply(mut self, root: &Node, writes: &[Write]) -> Result<(Node, Changes), LedgerError> {
        debug_assert!(writes.is_sorted_by(|a, b| a.path < b.path), "writes are sorted and distinct");
        let made = self.update(root, 0, writes)?;
        let root = self.store(made, 0);
        let mut changes = self.changes;
        (changes.accounts.pages, changes.pages) = self.pages.finish();
        (changes.accounts.values, changes.values) = self.values.finish();
        changes.places = joined(changes.places);
        Ok((root, changes))
    }

    fn update(&mut self, node: &Node, depth: usize, writes: &[Write]) -> Result<Made, LedgerError> {
        if writes.is_empty() {
            return Ok(Made::Node(node.clone()));
        }
        match node {
            Node::Empty => Ok(self.write(None, node, depth, writes)),
            Node::Bucket(link) => {
                let bucket = self.buckets.bucket(link, depth)?;
                Ok(self.write(Some((link, bucket)), node, depth, writes))
            }
            Node::Inner(inner) => {
                let (lefts, rights) = writes.split_at(writes.partition_point(|write| !bit(&write.path, depth)));
                let left = self.update(&inner.left, depth + 1, lefts)?;
                let right = self.update(&inner.right, depth + 1, rights)?;
                self.join(left, right, inner, depth)
            }
        }
    }

    /// Applies writes to a bucket, or to nothing.
    fn write(&mut self, old: Option<(&Link, Arc<Bucket>)>, node: &Node, depth: usize, writes: &[Write]) -> Made {
        let before = old.as_ref().map_or(&[][..], |(_, bucket)| bucket.leaves());
        let room = before.len().saturating_add(writes.len());
        let (mut leaves, mut origins) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let mut is_same = true;
        let mut writes = writes.iter().peekable();
        for (leaf, origin) in before.iter().zip(0..) {
            while let Some(write) = writes.next_if(|write| write.path < leaf.path) {
                if let Some(made) = self.set(None, write) {
                    (leaves.push(made), origins.push(NEW));
                    is_same = false;
                }
            }
            match writes.next_if(|write| write.path == leaf.path) {
                None => (leaves.push(*leaf), origins.push(origin)),
                Some(write) => {
                    let made = self.set(Some(leaf), write);
                    is_same &= made == Some(*leaf) && !write.anew.bucket;
                    let Some(made) = made else { continue };
                    (leaves.push(made), origins.push(if made.value == leaf.value { origin } else { NEW }))
                }
            };
        }
        for write in writes {
            if let Some(made) = self.set(None, write) {
                (leaves.push(made), origins.push(NEW));
                is_same = false;
            }
        }
        if is_same {
            return Made::Node(node.clone());
        }
        let old = old.map(|(link, bucket)| {
            self.leave(*link, &bucket, depth);
            (bucket, origins)
        });
        if leaves.len() <= BUCKET_LEAVES_MAX {
            return loose(leaves, old);
        }
        Made::Node(self.divide(&leaves, depth))
    }

    /// The new leaf at a path.
    fn set(&mut self, before: Option<&Leaf>, write: &Write) -> Option<Leaf> {
        let value = match (before, write.act) {
            (None, Act::Remove | Act::Keep) => return None,
            (None, Act::Put(value)) => {
                self.changes.inserted.push(write.source);
                value
            }
            (Some(leaf), Act::Remove) => {
                self.values.free(leaf.at);
                self.changes.removed.push(write.source);
                return None;
            }
            (Some(leaf), act) => {
                let value = if let Act::Put(value) = act { value } else { leaf.value };
                if value == leaf.value && !write.anew.value {
                    return Some(*leaf);
                }
                self.values.free(leaf.at);
                value
            }
        };
        let (key, bytes) = self.entries.get(write.source).copied().unwrap_or_default();
        let length = u32::try_from(key.len()).expect("a state key is below 4 GiB");
        let at = self.values.push(4 + key.len() + bytes.len(), |out| {
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(key);
            out.extend_from_slice(bytes);
        });
        Some(Leaf { path: write.path, value, at })
    }

    /// The node over both sides, or all that is below it as one bucket.
    fn join(&mut self, left: Made, right: Made, old: &Arc<Inner>, depth: usize) -> Result<Made, LedgerError> {
        if left.is(&old.left) && right.is(&old.right) {
            return Ok(Made::Node(Node::Inner(old.clone())));
        }
        let count = left.leaves().zip(right.leaves()).map(|(left, right)| left.saturating_add(right));
        if count.is_some_and(|count| count <= BUCKET_LEAVES_MERGED) {
            let mut leaves = self.take(left, depth + 1)?;
            leaves.extend(self.take(right, depth + 1)?);
            return Ok(loose(leaves, None));
        }
        let left = self.store(left, depth + 1);
        let right = self.store(right, depth + 1);
        Ok(Made::Node(self.over(left, right)))
    }

    /// The leaves of a subtree that is merged with its neighbour.
    fn take(&mut self, made: Made, depth: usize) -> Result<Vec<Leaf>, LedgerError> {
        match made {
            Made::Loose(loose) => Ok(loose.leaves),
            Made::Node(Node::Bucket(link)) => {
                let bucket = self.buckets.bucket(&link, depth)?;
                self.leave(link, &bucket, depth);
                Ok(bucket.leaves().to_vec())
            }
            Made::Node(_) => Ok(Vec::new()),
        }
    }

    /// A subtree of more leaves than a bucket may have.
    fn divide(&mut self, leaves: &[Leaf], depth: usize) -> Node {
        if leaves.len() <= BUCKET_LEAVES_MAX {
            return self.store(loose(leaves.to_vec(), None), depth);
        }
        let (lefts, rights) = leaves.split_at(leaves.partition_point(|leaf| !bit(&leaf.path, depth)));
        let left = self.divide(lefts, depth + 1);
        let right = self.divide(rights, depth + 1);
        self.over(left, right)
    }

    fn over(&mut self, left: Node, right: Node) -> Node {
        self.changes.inners = self.changes.inners.saturating_add(1);
        Node::Inner(Arc::new(Inner::new(left, right)))
    }

    /// Notes that a bucket leaves its place.
    fn leave(&mut self, link: Link, bucket: &Bucket, depth: usize) {
        self.pages.free(link.at);
        let path = bucket.leaves().first().map_or(Hash::ZERO, |leaf| leaf.path);
        self.changes.places.push(Change { prefix: Prefix::of(&path, depth), old: Some(link), new: None });
    }

    /// Puts what is loose into a pack.
    fn store(&mut self, made: Made, depth: usize) -> Node {
        let Loose { leaves, old } = match made {
            Made::Node(node) => return node,
            Made::Loose(loose) => loose,
        };
        let Some(path) = leaves.first().map(|leaf| leaf.path) else { return Node::Empty };
        let count = u8::try_from(leaves.len()).expect("a bucket has fewer than 128 leaves");
        let known = old.as_ref().map(|(bucket, origins)| (&**bucket, origins.as_slice()));
        let bucket = Arc::new(Bucket::renewed(leaves, depth, known));
        let at = self.pages.push(usize::from(count) * LEAF_BYTES, |out| bucket.encode(out));
        let link = Link { hash: bucket.hash, at, leaves: count };
        self.changes.places.push(Change { prefix: Prefix::of(&path, depth), old: None, new: Some(link) });
        self.changes.buckets.push((link, bucket));
        Node::Bucket(link)
    }
}

fn loose(leaves: Vec<Leaf>, old: Option<(Arc<Bucket>, Vec<Origin>)>) -> Made {
    if leaves.is_empty() { Made::Node(Node::Empty) } else { Made::Loose(Loose { leaves, old }) }
}
