//! Going through the state tree. All that snapshots know of how it is stored.

use super::StatePiece;
use super::cut;
use crate::error::LedgerError;
use crate::limits::BUCKET_LEAVES_MAX;
use crate::reader::{Reader, StateRow};
use crate::shared::Shared;
use crate::store::Store;
use crate::tree::{Buckets as _, Leaf, Node};
use countersign_types::state::bit;
use countersign_types::{Hash, Height};

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

/// What stands below a place of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Below {
    /// All entries.
    Piece(StatePiece),
    /// More entries than a bucket has.
    Many,
    /// Few, but of more bytes than there is room for.
    Large,
}

/// What stands below a place of the state as it was after a height, or at the nearest height whose state is kept. Reads one entry more
/// than a bucket has at most.
///
/// # Errors
/// What is damaged, or the store's.
pub fn below<S: Store>(
    reader: &Reader<S>,
    height: Height,
    (prefix, depth): (&Hash, usize),
    room: usize,
) -> Result<Below, LedgerError> {
    let height = height.max(reader.oldest_state()).min(reader.tip().height);
    let found =
        reader.shared().root(height).and_then(|root| entries_below(reader.shared(), &root, prefix, depth, room));
    found.map_err(|cause| reader.shared().explain(height, cause))
}

fn entries_below<S: Store>(
    shared: &Shared<S>,
    root: &Node,
    prefix: &Hash,
    depth: usize,
    room: usize,
) -> Result<Below, LedgerError> {
    let (mut node, mut level) = (root, 0);
    while let Node::Inner(_, inner) = node
        && level < depth
    {
        node = if bit(prefix, level) { &inner.right } else { &inner.left };
        level = level.saturating_add(1);
    }
    let mut leaves = Vec::new();
    if !few(shared, node, level, &mut leaves)? {
        return Ok(Below::Many);
    }
    leaves.retain(|leaf| (level..depth).all(|level| bit(&leaf.path, level) == bit(prefix, level)));
    let (mut entries, mut room) = (Vec::with_capacity(leaves.len()), room);
    for leaf in leaves {
        let (key, value) = shared.entry(&leaf)?;
        let bytes = key.len().saturating_add(value.len()).saturating_add(LENGTHS);
        let Some(left) = room.checked_sub(bytes) else { return Ok(Below::Large) };
        room = left;
        entries.push((key, value));
    }
    Ok(Below::Piece(StatePiece { entries }))
}

/// Adds the leaves below a node; `false` once they are more than a bucket has.
fn few<S: Store>(shared: &Shared<S>, node: &Node, depth: usize, leaves: &mut Vec<Leaf>) -> Result<bool, LedgerError> {
    match node {
        Node::Empty => {}
        Node::Bucket(link) => leaves.extend(shared.bucket(link, depth)?.leaves().copied()),
        Node::Inner(_, inner) => {
            let below = depth.saturating_add(1);
            return Ok(few(shared, &inner.left, below, leaves)? && few(shared, &inner.right, below, leaves)?);
        }
    }
    Ok(leaves.len() <= BUCKET_LEAVES_MAX)
}

/// Bytes of the two lengths of an entry.
const LENGTHS: usize = 8;
