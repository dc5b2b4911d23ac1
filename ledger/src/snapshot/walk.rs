//! Going through the state tree. All that snapshots know of how it is stored.

use super::cut;
use crate::error::LedgerError;
use crate::reader::StateRow;
use crate::shared::Shared;
use crate::store::Store;
use crate::tree::{Buckets as _, Leaf, Node};
use countersign_types::Hash;
use countersign_types::state::bit;

/// A subtree: of the nodes above the buckets, a bucket, or a part of one.
#[derive(Debug, Clone)]
pub(super) enum Subtree {
    Node(Node),
    Leaves(Vec<Leaf>),
}

impl Subtree {
    /// The subtree's hash at a depth; zero if it is empty.
    pub(super) fn hash(&self, depth: usize) -> Hash {
        match self {
            Self::Node(node) => node.hash(),
            Self::Leaves(leaves) => {
                let leaves: Vec<(Hash, Hash)> = leaves.iter().map(|leaf| (leaf.path, leaf.value)).collect();
                cut::subtree(&leaves, depth)
            }
        }
    }

    /// Its leaves, if it is a bucket or a part of one.
    fn leaves<S: Store>(&self, shared: &Shared<S>, depth: usize) -> Result<Option<Vec<Leaf>>, LedgerError> {
        Ok(match self {
            Self::Node(Node::Bucket(link)) => Some(shared.bucket(link, depth)?.leaves().copied().collect()),
            Self::Node(Node::Empty) => Some(Vec::new()),
            Self::Node(Node::Inner(..)) => None,
            Self::Leaves(leaves) => Some(leaves.clone()),
        })
    }

    /// Its two sides; an entry or less has none.
    pub(super) fn sides<S: Store>(
        &self,
        shared: &Shared<S>,
        depth: usize,
    ) -> Result<Option<(Self, Self)>, LedgerError> {
        if let Self::Node(Node::Inner(_, inner)) = self {
            return Ok(Some((Self::Node(inner.left.clone()), Self::Node(inner.right.clone()))));
        }
        let Some(mut left) = self.leaves(shared, depth)?.filter(|leaves| leaves.len() > 1) else { return Ok(None) };
        let right = left.split_off(left.partition_point(|leaf| !bit(&leaf.path, depth)));
        Ok(Some((Self::Leaves(left), Self::Leaves(right))))
    }

    /// All its entries by rising path, if they take at most `room` bytes, or if there is only one.
    pub(super) fn entries<S: Store>(
        &self,
        shared: &Shared<S>,
        depth: usize,
        room: usize,
    ) -> Result<Option<Vec<StateRow>>, LedgerError> {
        let (mut rows, mut left) = (Vec::new(), Some(room));
        self.gather(shared, depth, &mut rows, &mut left)?;
        Ok((left.is_some() || rows.len() == 1 && self.sides(shared, depth)?.is_none()).then_some(rows))
    }

    /// Adds its entries while there is room.
    fn gather<S: Store>(
        &self,
        shared: &Shared<S>,
        depth: usize,
        rows: &mut Vec<StateRow>,
        room: &mut Option<usize>,
    ) -> Result<(), LedgerError> {
        let Some(leaves) = self.leaves(shared, depth)? else {
            if let Some((left, right)) = self.sides(shared, depth)? {
                left.gather(shared, depth.saturating_add(1), rows, room)?;
                if room.is_some() {
                    right.gather(shared, depth.saturating_add(1), rows, room)?;
                }
            }
            return Ok(());
        };
        for leaf in leaves {
            if room.is_none() {
                break;
            }
            let (key, value) = shared.entry(&leaf)?;
            *room = room.and_then(|room| room.checked_sub(key.len())?.checked_sub(value.len())?.checked_sub(LENGTHS));
            rows.push((key, value));
        }
        Ok(())
    }
}

/// Bytes of the two lengths of an entry.
const LENGTHS: usize = 8;
