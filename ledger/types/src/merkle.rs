//! Binary Merkle trees over lists of hashes, shaped as in RFC 6962 (section 2.1): a list of n
//! leaves splits at the largest power of two below n. Leaves and nodes hash under different tags.

use crate::hash::{Hash, Tag};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Root over the items; zero for none.
#[must_use]
pub fn root(items: &[Hash]) -> Hash {
    match items {
        [] => Hash::ZERO,
        [item] => leaf(item),
        _ => {
            let (left, right) = items.split_at(split(items.len()));
            node(&root(left), &root(right))
        }
    }
}

/// Path from one item to the root.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListProof {
    /// Position of the item.
    pub index: u64,
    /// Length of the list.
    pub count: u64,
    /// Siblings from the leaf upwards.
    pub siblings: Vec<Hash>,
}

/// The path of the item at `index`, or `None` beyond the end.
#[must_use]
pub fn prove(items: &[Hash], index: usize) -> Option<ListProof> {
    if index >= items.len() {
        return None;
    }
    let mut siblings = Vec::new();
    collect(items, index, &mut siblings);
    Some(ListProof { index: u64::try_from(index).ok()?, count: u64::try_from(items.len()).ok()?, siblings })
}

fn collect(items: &[Hash], index: usize, siblings: &mut Vec<Hash>) {
    if items.len() < 2 {
        return;
    }
    let middle = split(items.len());
    let (left, right) = items.split_at(middle);
    if index < middle {
        collect(left, index, siblings);
        siblings.push(root(right));
    } else {
        collect(right, index - middle, siblings);
        siblings.push(root(left));
    }
}

impl ListProof {
    /// The root that the item leads to, or `None` if the path has the wrong length.
    #[must_use]
    pub fn root_of(&self, item: &Hash) -> Option<Hash> {
        if self.index >= self.count {
            return None;
        }
        let mut siblings = self.siblings.iter();
        let hash = climb(self.index, self.count, item, &mut siblings)?;
        siblings.next().is_none().then_some(hash)
    }
}

fn climb(index: u64, count: u64, item: &Hash, siblings: &mut core::slice::Iter<'_, Hash>) -> Option<Hash> {
    if count == 1 {
        return Some(leaf(item));
    }
    let middle = 1u64 << (63 - (count - 1).leading_zeros());
    Some(if index < middle {
        let below = climb(index, middle, item, siblings)?;
        node(&below, siblings.next()?)
    } else {
        let below = climb(index - middle, count - middle, item, siblings)?;
        node(siblings.next()?, &below)
    })
}

/// Largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    1 << (usize::BITS - 1 - (count - 1).leading_zeros())
}

/// Hash of a leaf.
#[must_use]
pub fn leaf(item: &Hash) -> Hash {
    Hash::of(Tag::LEAF, &item.0)
}

/// Hash of an inner node.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Hash::of_parts(Tag::NODE, &[&left.0, &right.0])
}
