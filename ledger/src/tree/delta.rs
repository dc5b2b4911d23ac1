//! What a block changed of the places of buckets, and how a tree goes from one list of places to another.

use super::Node;
use super::location::Location;
use super::pack::Accounts;
use borsh::io::{Error, ErrorKind, Read, Result as IoResult, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::Hash;
use countersign_types::state::bit;
use std::collections::BTreeMap;

/// What the tree holds of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Link {
    /// The subtree's hash.
    pub hash: Hash,
    /// Where the bucket is stored.
    pub at: Location,
    /// Number of its leaves.
    pub leaves: u8,
}

/// A place of the tree: all paths that begin with these bits. In borsh `depth u8 ‖ the bytes that hold these bits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    /// The bits; zero from `depth` on.
    bits: Hash,
    depth: u8,
}

impl Prefix {
    /// The place at this depth on the way of a path. No bucket stands deeper than 255: at 254 there are four paths.
    #[must_use]
    pub fn of(path: &Hash, depth: usize) -> Self {
        let mut bits = *path;
        for (index, byte) in bits.0.iter_mut().enumerate() {
            let kept = depth.saturating_sub(index * 8).min(8);
            *byte &= !(0xff_u8.checked_shr(u32::try_from(kept).unwrap_or(8)).unwrap_or(0));
        }
        Self { bits, depth: u8::try_from(depth).expect("a place is at most 255 levels deep") }
    }

    /// Levels above it.
    #[must_use]
    pub fn depth(&self) -> usize {
        usize::from(self.depth)
    }

    /// The first path there.
    #[must_use]
    pub fn bits(&self) -> &Hash {
        &self.bits
    }
}

impl BorshSerialize for Prefix {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        writer.write_all(&[self.depth])?;
        writer.write_all(self.bits.0.get(..self.depth().div_ceil(8)).unwrap_or_default())
    }
}

impl BorshDeserialize for Prefix {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let depth = u8::deserialize_reader(reader)?;
        let mut bits = Hash::ZERO;
        let bytes = bits.0.get_mut(..usize::from(depth).div_ceil(8));
        reader.read_exact(bytes.ok_or_else(|| Error::from(ErrorKind::InvalidData))?)?;
        let prefix = Self::of(&bits, usize::from(depth));
        if prefix.bits == bits { Ok(prefix) } else { Err(ErrorKind::InvalidData.into()) }
    }
}

/// A place whose bucket is another than before, or stored elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Change {
    /// The place.
    pub prefix: Prefix,
    /// Its bucket before, if there was one.
    pub old: Option<Link>,
    /// Its bucket now.
    pub new: Option<Link>,
}

/// What a block changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Delta {
    /// The accounts after it.
    pub accounts: Accounts,
    /// The changes by rising place, one for each.
    pub changes: Vec<Change>,
}

impl Delta {
    /// Takes in that buckets of the list that it leads to stand elsewhere.
    pub(crate) fn amend(&mut self, accounts: Accounts, moved: &[Change]) {
        let mut changes: BTreeMap<Prefix, Change> =
            std::mem::take(&mut self.changes).into_iter().map(|change| (change.prefix, change)).collect();
        for change in moved {
            changes.entry(change.prefix).and_modify(|known| known.new = change.new).or_insert(*change);
        }
        (self.accounts, self.changes) = (accounts, changes.into_values().collect());
    }

    /// Adds the changes to those of other blocks, as seen by someone who goes forward.
    pub fn redo(&self, net: &mut BTreeMap<Prefix, Option<Link>>) {
        net.extend(self.changes.iter().map(|change| (change.prefix, change.new)));
    }

    /// Adds the changes to those of other blocks, as seen by someone who goes back.
    pub fn undo(&self, net: &mut BTreeMap<Prefix, Option<Link>>) {
        net.extend(self.changes.iter().map(|change| (change.prefix, change.old)));
    }
}

/// One change for each place, sorted, out of what left places and what came to them.
pub(super) fn joined(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(|change| change.prefix);
    changes.dedup_by(|next, kept| {
        let is_same = next.prefix == kept.prefix;
        if is_same {
            (kept.old, kept.new) = (kept.old.or(next.old), kept.new.or(next.new));
        }
        is_same
    });
    changes
}

/// The tree with some places changed, sorted; hashes of the nodes above are made anew.
#[must_use]
pub fn graft(root: &Node, changes: &[(Prefix, Option<Link>)]) -> Node {
    graft_at(root, 0, changes)
}

fn graft_at(node: &Node, depth: usize, changes: &[(Prefix, Option<Link>)]) -> Node {
    let deeper = match changes {
        [] => return node.clone(),
        [(prefix, Some(link)), ..] if prefix.depth() == depth => return Node::Bucket(*link),
        [(prefix, None), deeper @ ..] if prefix.depth() == depth => deeper,
        deeper => deeper,
    };
    let (left, right) = match node {
        Node::Inner(_, inner) => (&inner.left, &inner.right),
        Node::Empty | Node::Bucket(_) => (&Node::Empty, &Node::Empty),
    };
    let division = deeper.partition_point(|(prefix, _)| !bit(prefix.bits(), depth));
    let (lefts, rights) = deeper.split_at(division);
    match (graft_at(left, depth + 1, lefts), graft_at(right, depth + 1, rights)) {
        (Node::Empty, Node::Empty) => Node::Empty,
        (left, right) => Node::over(left, right),
    }
}
