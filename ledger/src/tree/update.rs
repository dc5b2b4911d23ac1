//! A sorted set of writes applied to the tree in one pass.

use super::bucket::{Entry, LEAF_BYTES, NEW, Origin};
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
    pub buckets: Vec<(Link, Bucket)>,
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
    /// Drafts to be used again.
    drafts: Vec<Draft>,
}

/// Walks to all places of writes at once, level by level, so that the processor waits for many nodes at a time instead of
/// one after the other: the update finds them in its caches.
fn warm(root: &Node, writes: &[Write]) {
    let mut ways: Vec<(&Node, &Hash)> = writes.iter().map(|write| (root, &write.path)).collect();
    let mut depth = 0;
    while !ways.is_empty() {
        ways.retain_mut(|(node, path)| match node {
            Node::Inner(_, inner) => {
                *node = inner.side(path, depth);
                true
            }
            Node::Empty | Node::Bucket(_) => false,
        });
        depth += 1;
    }
    std::hint::black_box(depth);
}

/// A subtree in the making: a bucket is not stored before it is clear that it is not merged with its neighbour.
enum Made {
    Node(Node),
    Loose(Loose),
}

/// Leaves that will be a bucket, at least one.
struct Loose {
    draft: Draft,
    /// The bucket at this place before, from which the leaves come.
    old: Option<Bucket>,
}

/// Leaves by rising path, and where in an older bucket they come from.
#[derive(Debug, Default)]
struct Draft {
    entries: Vec<Entry>,
    origins: Vec<Origin>,
}

impl Draft {
    fn push(&mut self, leaf: Leaf, origin: Origin) {
        self.entries.push(Entry::new(leaf));
        self.origins.push(origin);
    }
}

impl Made {
    /// Number of leaves, if it is not more than a bucket.
    fn leaves(&self) -> Option<usize> {
        match self {
            Self::Node(Node::Empty) => Some(0),
            Self::Node(Node::Bucket(link)) => Some(usize::from(link.leaves)),
            Self::Node(Node::Inner(..)) => None,
            Self::Loose(loose) => Some(loose.draft.entries.len()),
        }
    }

    /// Whether it is this very node.
    fn is(&self, node: &Node) -> bool {
        match (self, node) {
            (Self::Node(Node::Empty), Node::Empty) => true,
            (Self::Node(Node::Bucket(one)), Node::Bucket(other)) => one == other,
            (Self::Node(Node::Inner(_, one)), Node::Inner(_, other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl<'a, B: Buckets> Update<'a, B> {
    /// Begins an update that stores what it makes in packs of these accounts.
    pub fn new(buckets: &'a B, accounts: Accounts, entries: &'a [(&'a [u8], &'a [u8])]) -> Self {
        let (pages, values) = (Packer::new(accounts.pages), Packer::new(accounts.values));
        Self { buckets, entries, pages, values, changes: Changes::default(), drafts: Vec::new() }
    }

    /// Applies writes in strictly rising order of their paths; answers the new root.
    ///
    /// # Errors
    /// As [`Buckets::bucket`]. Nothing was stored.
    pub fn apply(mut self, root: &Node, writes: &[Write]) -> Result<(Node, Changes), LedgerError> {
        debug_assert!(writes.is_sorted_by(|a, b| a.path < b.path), "writes are sorted and distinct");
        warm(root, writes);
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
            Node::Inner(_, inner) => {
                let (lefts, rights) = writes.split_at(writes.partition_point(|write| !bit(&write.path, depth)));
                let mut left = self.update(&inner.left, depth + 1, lefts)?;
                // Stored at once where it is too large to be merged, so that changes come in order.
                if matches!(&left, Made::Loose(loose) if loose.draft.entries.len() > BUCKET_LEAVES_MERGED) {
                    left = Made::Node(self.store(left, depth + 1));
                }
                let right = self.update(&inner.right, depth + 1, rights)?;
                self.join(left, right, node, inner, depth)
            }
        }
    }

    /// Applies writes to a bucket, or to nothing.
    fn write(&mut self, old: Option<(&Link, Bucket)>, node: &Node, depth: usize, writes: &[Write]) -> Made {
        let mut draft = self.drafts.pop().unwrap_or_default();
        let mut is_same = true;
        let mut writes = writes.iter().peekable();
        let before = old.as_ref().map(|(_, bucket)| bucket.leaves()).into_iter().flatten();
        for (leaf, origin) in before.zip(0..) {
            while let Some(write) = writes.next_if(|write| write.path < leaf.path) {
                if let Some(made) = self.set(None, write) {
                    draft.push(made, NEW);
                    is_same = false;
                }
            }
            let Some(write) = writes.next_if(|write| write.path == leaf.path) else {
                draft.push(*leaf, origin);
                continue;
            };
            let made = self.set(Some(leaf), write);
            is_same &= made == Some(*leaf) && !write.anew.bucket;
            if let Some(made) = made {
                draft.push(made, if made.value == leaf.value { origin } else { NEW });
            }
        }
        for write in writes {
            if let Some(made) = self.set(None, write) {
                draft.push(made, NEW);
                is_same = false;
            }
        }
        if is_same {
            self.reuse(draft);
            return Made::Node(node.clone());
        }
        let old = old.map(|(link, bucket)| {
            self.leave(*link, &bucket, depth);
            bucket
        });
        if draft.entries.len() <= BUCKET_LEAVES_MAX {
            return self.loose(draft, old);
        }
        let node = self.divide(&draft.entries, depth);
        self.reuse(draft);
        Made::Node(node)
    }

    fn reuse(&mut self, mut draft: Draft) {
        draft.entries.clear();
        draft.origins.clear();
        self.drafts.push(draft);
    }

    fn loose(&mut self, draft: Draft, old: Option<Bucket>) -> Made {
        if draft.entries.is_empty() {
            self.reuse(draft);
            return Made::Node(Node::Empty);
        }
        Made::Loose(Loose { draft, old })
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
    fn join(&mut self, left: Made, right: Made, node: &Node, old: &Inner, depth: usize) -> Result<Made, LedgerError> {
        if left.is(&old.left) && right.is(&old.right) {
            return Ok(Made::Node(node.clone()));
        }
        let count = left.leaves().zip(right.leaves()).map(|(left, right)| left.saturating_add(right));
        if count.is_some_and(|count| count <= BUCKET_LEAVES_MERGED) {
            let mut draft = self.drafts.pop().unwrap_or_default();
            self.take(left, depth + 1, &mut draft)?;
            self.take(right, depth + 1, &mut draft)?;
            return Ok(self.loose(draft, None));
        }
        let left = self.store(left, depth + 1);
        let right = self.store(right, depth + 1);
        Ok(Made::Node(self.over(left, right)))
    }

    /// The leaves of a subtree that is merged with its neighbour.
    fn take(&mut self, made: Made, depth: usize, draft: &mut Draft) -> Result<(), LedgerError> {
        match made {
            Made::Loose(loose) => {
                loose.draft.entries.iter().for_each(|entry| draft.push(*entry.leaf(), NEW));
                self.reuse(loose.draft);
            }
            Made::Node(Node::Bucket(link)) => {
                let bucket = self.buckets.bucket(&link, depth)?;
                self.leave(link, &bucket, depth);
                bucket.leaves().for_each(|leaf| draft.push(*leaf, NEW));
            }
            Made::Node(_) => {}
        }
        Ok(())
    }

    /// A subtree of more leaves than a bucket may have.
    fn divide(&mut self, entries: &[Entry], depth: usize) -> Node {
        if entries.len() <= BUCKET_LEAVES_MAX {
            let mut draft = self.drafts.pop().unwrap_or_default();
            entries.iter().for_each(|entry| draft.push(*entry.leaf(), NEW));
            let made = self.loose(draft, None);
            return self.store(made, depth);
        }
        let (lefts, rights) = entries.split_at(entries.partition_point(|entry| !bit(&entry.leaf().path, depth)));
        let left = self.divide(lefts, depth + 1);
        let right = self.divide(rights, depth + 1);
        self.over(left, right)
    }

    fn over(&mut self, left: Node, right: Node) -> Node {
        self.changes.inners = self.changes.inners.saturating_add(1);
        Node::over(left, right)
    }

    /// Notes that a bucket leaves its place.
    fn leave(&mut self, link: Link, bucket: &Bucket, depth: usize) {
        self.pages.free(link.at);
        let path = bucket.leaves().next().map_or(Hash::ZERO, |leaf| leaf.path);
        self.changes.places.push(Change { prefix: Prefix::of(&path, depth), old: Some(link), new: None });
    }

    /// Puts what is loose into a pack.
    fn store(&mut self, made: Made, depth: usize) -> Node {
        let Loose { mut draft, old } = match made {
            Made::Node(node) => return node,
            Made::Loose(loose) => loose,
        };
        let Some(path) = draft.entries.first().map(|entry| entry.leaf().path) else { return Node::Empty };
        let leaves = u8::try_from(draft.entries.len()).expect("a bucket has fewer than 128 leaves");
        let known = old.as_ref().map(|bucket| (bucket, draft.origins.as_slice()));
        let bucket = Bucket::renewed(&mut draft.entries, depth, known);
        self.reuse(draft);
        let at = self.pages.push(usize::from(leaves) * LEAF_BYTES, |out| bucket.encode(out));
        let link = Link { hash: bucket.hash(), at, leaves };
        let prefix = Prefix::of(&path, depth);
        match self.changes.places.last_mut().filter(|last| last.prefix == prefix) {
            Some(last) => last.new = Some(link),
            None => self.changes.places.push(Change { prefix, old: None, new: Some(link) }),
        }
        self.changes.buckets.push((link, bucket));
        Node::Bucket(link)
    }
}
