//! The state tree down to the cuts, and the hash of what lies below one.

use countersign_types::Hash;
use countersign_types::limits::STATE_DEPTH_MAX;
use countersign_types::state::{Step, bit, leaf_hash, node_hash};
use std::slice::Iter;

/// The place of a cut in the state tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// A path that leads there; beyond the depth zeros.
    pub prefix: Hash,
    /// Nodes on the way.
    pub depth: usize,
    /// Hash of the subtree, never zero.
    pub hash: Hash,
}

impl Place {
    /// Whether a path lies below.
    #[must_use]
    pub fn holds(&self, path: &Hash) -> bool {
        (0..self.depth).all(|depth| bit(path, depth) == bit(&self.prefix, depth))
    }
}

/// The places of a tree's cuts from left to right, and its root. `None` if it is not one tree of nodes, empty places and
/// cuts.
pub(super) fn places(steps: &[Step]) -> Option<(Hash, Vec<Place>)> {
    let mut steps = steps.iter();
    let mut places = Vec::new();
    let root = follow(&mut steps, Hash::ZERO, 0, &mut places)?;
    steps.next().is_none().then_some((root, places))
}

fn follow(steps: &mut Iter<'_, Step>, prefix: Hash, depth: usize, places: &mut Vec<Place>) -> Option<Hash> {
    match steps.next()? {
        Step::Empty => Some(Hash::ZERO),
        Step::Stub(hash) if *hash != Hash::ZERO => {
            places.push(Place { prefix, depth, hash: *hash });
            Some(*hash)
        }
        Step::Node if depth < STATE_DEPTH_MAX => {
            let left = follow(steps, prefix, depth + 1, places)?;
            let right = follow(steps, with_bit(prefix, depth), depth + 1, places)?;
            Some(node_hash(&left, &right))
        }
        Step::Stub(_) | Step::Leaf { .. } | Step::Node => None,
    }
}

/// The path with the bit at a depth set.
fn with_bit(mut path: Hash, depth: usize) -> Hash {
    if let Some(byte) = path.0.get_mut(depth / 8) {
        *byte |= 0x80 >> (depth % 8);
    }
    path
}

/// The hash of a subtree at a depth that has exactly these paths and value hashes, which rise strictly.
pub(super) fn subtree(leaves: &[(Hash, Hash)], depth: usize) -> Hash {
    match leaves {
        [] => Hash::ZERO,
        [(path, value)] => leaf_hash(path, value),
        _ => {
            let (left, right) = leaves.split_at(leaves.partition_point(|(path, _)| !bit(path, depth)));
            node_hash(&subtree(left, depth + 1), &subtree(right, depth + 1))
        }
    }
}
