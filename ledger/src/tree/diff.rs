//! What two roots differ in, and all that stands below one.

use super::{Buckets, Leaf, Node};
use crate::error::LedgerError;
use countersign_types::Hash;
use std::collections::BTreeMap;

/// A key's leaf under the one root and under the other.
pub type Pair = (Option<Leaf>, Option<Leaf>);

/// The leaves whose values are not the same under both roots. Costs the paths to them.
///
/// # Errors
/// As [`Buckets::bucket`].
pub fn differences(buckets: &impl Buckets, one: &Node, other: &Node) -> Result<Vec<Pair>, LedgerError> {
    let mut found = Vec::new();
    compare(buckets, one, other, 0, &mut found)?;
    Ok(found)
}

fn compare(
    buckets: &impl Buckets,
    one: &Node,
    other: &Node,
    depth: usize,
    found: &mut Vec<Pair>,
) -> Result<(), LedgerError> {
    if one.hash() == other.hash() {
        return Ok(());
    }
    if let (Node::Inner(_, one), Node::Inner(_, other)) = (one, other) {
        compare(buckets, &one.left, &other.left, depth + 1, found)?;
        return compare(buckets, &one.right, &other.right, depth + 1, found);
    }
    let mut pairs: BTreeMap<Hash, Pair> = BTreeMap::new();
    for_each_leaf(buckets, one, depth, &mut |leaf| pairs.entry(leaf.path).or_default().0 = Some(*leaf))?;
    for_each_leaf(buckets, other, depth, &mut |leaf| pairs.entry(leaf.path).or_default().1 = Some(*leaf))?;
    let differ = |(one, other): &Pair| one.map(|leaf| leaf.value) != other.map(|leaf| leaf.value);
    found.extend(pairs.into_values().filter(differ));
    Ok(())
}

/// Goes through the leaves below a node that stands at this depth, by rising path.
///
/// # Errors
/// As [`Buckets::bucket`].
pub fn for_each_leaf(
    buckets: &impl Buckets,
    node: &Node,
    depth: usize,
    take: &mut impl FnMut(&Leaf),
) -> Result<(), LedgerError> {
    match node {
        Node::Empty => {}
        Node::Bucket(link) => buckets.bucket(link, depth)?.leaves().for_each(take),
        Node::Inner(_, inner) => {
            for_each_leaf(buckets, &inner.left, depth + 1, take)?;
            for_each_leaf(buckets, &inner.right, depth + 1, take)?;
        }
    }
    Ok(())
}
