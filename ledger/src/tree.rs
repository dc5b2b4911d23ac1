//! The state tree: `countersign_types::state` made of buckets, and of the nodes above them in memory.
//!
//! A bucket is a whole subtree of up to [`BUCKET_LEAVES_MAX`] keys, stored as one item of a pack ([`pack`]) and loaded
//! against the hash that the node above holds for it. The nodes above are persistent: an update copies the paths it
//! touches, so a root is a snapshot. What changed of the buckets' places is a block's [`Delta`]; deltas and checkpointed
//! partitions of the list of all places ([`table`]) bring the nodes back after a restart, and deltas lead from one
//! height's root to another's.
//!
//! The root's hash depends on the set of keys and values alone. How keys are cut into buckets also depends on history, and so does
//! where buckets and values are stored: both are local, no result rests on them. Always:
//!
//! 1. Each key of a height is in one bucket, which stands where the bits of its path lead.
//! 2. A bucket has 1 to [`BUCKET_LEAVES_MAX`] leaves; below an inner node are more than [`BUCKET_LEAVES_MERGED`].
//! 3. Nothing that is stored is overwritten; a location is never used for something else.
//! 4. No height refers to a pack below its floors, which never fall from height to height.
//! 5. `live` of an account is what the tip's tree refers to, `total` what the packs from the floor on hold.

mod bucket;
mod delta;
mod diff;
mod location;
pub mod pack;
mod prune;
pub mod relocate;
pub mod table;
mod update;

pub use bucket::{Bucket, LEAF_BYTES, Leaf, Part};
pub use delta::{Change, Delta, Link, Prefix, graft};
pub use diff::{differences, for_each_leaf};
pub use location::{Location, units};
pub use pack::{Account, Accounts};
pub use prune::witness;
pub use relocate::Bounds;
pub use update::{Act, Anew, Changes, Update, Write};

use crate::error::LedgerError;
use crate::limits::{BUCKET_LEAVES_MAX, BUCKET_LEAVES_MERGED};
use countersign_types::Hash;
use countersign_types::state::{bit, node_hash};
use std::sync::Arc;

const _: () =
    assert!(2 <= BUCKET_LEAVES_MERGED && BUCKET_LEAVES_MERGED <= BUCKET_LEAVES_MAX && BUCKET_LEAVES_MAX < 128);

/// A subtree.
#[derive(Debug, Clone)]
pub enum Node {
    /// No key.
    Empty,
    /// Few keys, in a bucket.
    Bucket(Link),
    /// More, and their hash: beside the pointer, so that who needs it does not follow that.
    Inner(Hash, Arc<Inner>),
}

/// A node over two subtrees.
#[derive(Debug, Clone)]
pub struct Inner {
    /// Paths with a 0 here.
    pub left: Node,
    /// Paths with a 1 here.
    pub right: Node,
}

impl Inner {
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
            Self::Bucket(link) => link.hash,
            Self::Inner(hash, _) => *hash,
        }
    }

    /// The node over two sides.
    fn over(left: Self, right: Self) -> Self {
        Self::Inner(node_hash(&left.hash(), &right.hash()), Arc::new(Inner { left, right }))
    }
}

/// Where buckets come from.
pub trait Buckets {
    /// The bucket of a link that stands at this depth.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] if it is missing or hashes to something else.
    fn bucket(&self, link: &Link, depth: usize) -> Result<Bucket, LedgerError>;
}

/// The link in whose bucket a path belongs, and its depth; none if no key is there.
#[must_use]
pub fn link<'a>(root: &'a Node, path: &Hash) -> Option<(&'a Link, usize)> {
    let mut node = root;
    let mut depth = 0;
    loop {
        match node {
            Node::Empty => return None,
            Node::Bucket(link) => return Some((link, depth)),
            Node::Inner(_, inner) => node = inner.side(path, depth),
        }
        depth += 1;
    }
}

/// The leaf at a path, if there is one.
///
/// # Errors
/// As [`Buckets::bucket`].
pub fn find(buckets: &impl Buckets, root: &Node, path: &Hash) -> Result<Option<Leaf>, LedgerError> {
    let Some((link, depth)) = link(root, path) else { return Ok(None) };
    Ok(buckets.bucket(link, depth)?.find(path).copied())
}
