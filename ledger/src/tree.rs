//! The state tree: `countersign_types::state` made of immutable pages.
//!
//! A page is up to [`PAGE_LEVELS`] levels of the tree, stored under a sequence number that is never
//! used again and loaded against the hash its parent holds for it. An update writes new pages for the
//! paths it touches and leaves the old ones for older heights, so a root is a snapshot, caches never
//! hold anything stale, and damage shows at once. A leaf names the stored value that it commits to.

mod diff;
mod page;
mod prune;
mod update;

pub use diff::differences;
pub use page::{decode_node, encode_node, encode_page, load_page};
pub use prune::witness;
pub use update::{Changes, Update, Write};

use crate::error::LedgerError;
use crate::limits::{INNER_MEMORY_BYTES, LEAF_MEMORY_BYTES, PAGE_LEVELS};
use countersign_types::hash::Hash;
use countersign_types::state::{bit, leaf_hash, node_hash};
use std::sync::Arc;

/// A subtree.
#[derive(Debug, Clone)]
pub enum Node {
    /// No key.
    Empty,
    /// One key.
    Leaf(Arc<Leaf>),
    /// Two keys or more, of the same page.
    Inner(Arc<Inner>),
    /// Two keys or more, in a page of their own.
    Page {
        /// The subtree's hash.
        hash: Hash,
        /// The page's sequence number.
        id: u64,
    },
}

/// A key's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The key's path.
    pub path: Hash,
    /// Hash of its value.
    pub value: Hash,
    /// Sequence number of the stored value.
    pub at: u64,
    /// The leaf's own hash.
    pub hash: Hash,
}

/// A node over two subtrees.
#[derive(Debug)]
pub struct Inner {
    /// The subtree's hash.
    pub hash: Hash,
    /// Paths with a 0 here.
    pub left: Node,
    /// Paths with a 1 here.
    pub right: Node,
}

impl Leaf {
    fn new(path: Hash, value: Hash, at: u64) -> Self {
        Self { path, value, at, hash: leaf_hash(&path, &value) }
    }
}

impl Inner {
    fn new(left: Node, right: Node) -> Self {
        Self { hash: node_hash(&left.hash(), &right.hash()), left, right }
    }
    /// Memory of the page that begins here, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        let side = |node: &Node| match node {
            Node::Empty | Node::Page { .. } => 0,
            Node::Leaf(_) => LEAF_MEMORY_BYTES,
            Node::Inner(inner) => inner.memory_bytes(),
        };
        INNER_MEMORY_BYTES + side(&self.left) + side(&self.right)
    }
    /// The side on which a path goes on.
    fn side(&self, path: &Hash, depth: usize) -> &Node {
        if bit(path, depth) { &self.right } else { &self.left }
    }
}

impl Node {
    /// The subtree's hash; zero if empty.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self {
            Self::Empty => Hash::ZERO,
            Self::Leaf(leaf) => leaf.hash,
            Self::Inner(inner) => inner.hash,
            Self::Page { hash, .. } => *hash,
        }
    }

    /// The node over two sides: nothing over nothing, a lone leaf itself.
    fn over(left: Node, right: Node) -> Self {
        match (left, right) {
            (Self::Empty, Self::Empty) => Self::Empty,
            (Self::Empty, Self::Leaf(leaf)) | (Self::Leaf(leaf), Self::Empty) => Self::Leaf(leaf),
            (left, right) => Self::Inner(Arc::new(Inner::new(left, right))),
        }
    }
}

/// Where pages come from.
pub trait Pages {
    /// The page `id`, whose hash must be `hash`.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] if it is missing or hashes to something else.
    fn page(&self, id: u64, hash: &Hash) -> Result<Arc<Inner>, LedgerError>;
}

/// The leaf at a path, if there is one.
///
/// # Errors
/// As [`Pages::page`].
pub fn find(pages: &impl Pages, root: &Node, path: &Hash) -> Result<Option<Arc<Leaf>>, LedgerError> {
    let mut node = root.clone();
    let mut depth = 0;
    loop {
        let inner = match node {
            Node::Empty => return Ok(None),
            Node::Leaf(leaf) => return Ok((leaf.path == *path).then_some(leaf)),
            Node::Inner(inner) => inner,
            Node::Page { hash, id } => pages.page(id, &hash)?,
        };
        node = inner.side(path, depth).clone();
        depth += 1;
    }
}

/// Whether a subtree at this depth has a page of its own.
fn begins_page(depth: usize) -> bool {
    depth.is_multiple_of(PAGE_LEVELS)
}
