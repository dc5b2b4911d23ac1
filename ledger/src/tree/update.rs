//! A sorted set of writes applied to the tree in one pass.

use super::{Inner, Leaf, Node, Pages, begins_page, encode_page};
use crate::error::LedgerError;
use countersign_types::Hash;
use countersign_types::state::bit;
use std::sync::Arc;

/// A write: the hash of the new value, or `None` to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The key's path.
    pub path: Hash,
    /// Hash of the new value.
    pub value: Option<Hash>,
    /// Which of the caller's writes it is.
    pub source: usize,
}

/// What an update asks to be stored, and what it superseded.
#[derive(Debug, Default)]
pub struct Changes {
    /// New pages by number, with their bytes.
    pub pages: Vec<(u64, Arc<Inner>, Vec<u8>)>,
    /// New values: number, and which of the caller's writes holds the value.
    pub values: Vec<(u64, usize)>,
    /// Pages that only older roots need.
    pub stale_pages: Vec<u64>,
    /// Values that only older roots need.
    pub stale_values: Vec<u64>,
    /// Writes whose key was absent before.
    pub inserted: Vec<usize>,
    /// Writes whose key is absent now and was not before.
    pub removed: Vec<usize>,
}

/// An update in progress.
#[derive(Debug)]
pub struct Update<'a, P> {
    pages: &'a P,
    next_page: u64,
    next_value: u64,
    changes: Changes,
}

impl<'a, P: Pages> Update<'a, P> {
    /// Begins an update whose pages and values are numbered from these on.
    pub fn new(pages: &'a P, next_page: u64, next_value: u64) -> Self {
        Self { pages, next_page, next_value, changes: Changes::default() }
    }

    /// Applies writes in strictly rising order of their paths; answers the new root.
    ///
    /// # Errors
    /// As [`Pages::page`]. Nothing was stored.
    pub fn apply(mut self, root: &Node, writes: &[Write]) -> Result<(Node, Changes), LedgerError> {
        debug_assert!(writes.is_sorted_by(|a, b| a.path < b.path), "writes are sorted and distinct");
        let root = self.update(root, 0, writes)?;
        Ok((root, self.changes))
    }

    fn update(&mut self, node: &Node, depth: usize, writes: &[Write]) -> Result<Node, LedgerError> {
        let new = match (node, writes) {
            (_, []) => return Ok(node.clone()),
            (Node::Empty, [write]) => self.set(None, write),
            (Node::Empty, _) => self.sides(&Node::Empty, &Node::Empty, depth, writes)?,
            (Node::Leaf(leaf), [write]) if write.path == leaf.path => self.set(Some(leaf), write),
            (Node::Leaf(leaf), _) if bit(&leaf.path, depth) => self.sides(&Node::Empty, node, depth, writes)?,
            (Node::Leaf(_), _) => self.sides(node, &Node::Empty, depth, writes)?,
            (Node::Inner(inner), _) => self.sides(&inner.left, &inner.right, depth, writes)?,
            (Node::Page { hash, id }, _) => {
                let page = self.pages.page(*id, hash)?;
                let new = self.sides(&page.left, &page.right, depth, writes)?;
                if new.hash() == *hash {
                    return Ok(node.clone());
                }
                self.changes.stale_pages.push(*id);
                new
            }
        };
        Ok(self.seal(new, depth))
    }

    fn sides(&mut self, left: &Node, right: &Node, depth: usize, writes: &[Write]) -> Result<Node, LedgerError> {
        let (lefts, rights) = writes.split_at(writes.partition_point(|write| !bit(&write.path, depth)));
        let left = self.update(left, depth + 1, lefts)?;
        let right = self.update(right, depth + 1, rights)?;
        Ok(Node::over(left, right))
    }

    fn set(&mut self, before: Option<&Arc<Leaf>>, write: &Write) -> Node {
        match (before, write.value) {
            (None, None) => return Node::Empty,
            (Some(leaf), Some(value)) if leaf.value == value => return Node::Leaf(leaf.clone()),
            (None, Some(_)) => self.changes.inserted.push(write.source),
            (Some(leaf), value) => {
                self.changes.stale_values.push(leaf.at);
                if value.is_none() {
                    self.changes.removed.push(write.source);
                }
            }
        }
        let Some(value) = write.value else { return Node::Empty };
        let at = self.next_value;
        self.next_value = self.next_value.checked_add(1).expect("2^64 values are never written");
        self.changes.values.push((at, write.source));
        Node::Leaf(Arc::new(Leaf::new(write.path, value, at)))
    }

    /// Puts the top of a page into a page of its own.
    fn seal(&mut self, node: Node, depth: usize) -> Node {
        match node {
            Node::Inner(page) if begins_page(depth) => {
                let id = self.next_page;
                self.next_page = self.next_page.checked_add(1).expect("2^64 pages are never written");
                let hash = page.hash;
                let bytes = encode_page(&page);
                self.changes.pages.push((id, page, bytes));
                Node::Page { hash, id }
            }
            other => other,
        }
    }
}
