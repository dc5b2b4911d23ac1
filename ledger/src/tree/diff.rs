//! What two roots differ in.

use super::{Leaf, Node, Pages};
use crate::error::LedgerError;
use countersign_types::Hash;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A key's leaf under the one root and under the other.
pub type Pair = (Option<Arc<Leaf>>, Option<Arc<Leaf>>);

/// The leaves that are not the same under both roots. Costs the paths to them.
///
/// # Errors
/// As [`Pages::page`].
pub fn differences(pages: &impl Pages, one: &Node, other: &Node) -> Result<Vec<Pair>, LedgerError> {
    let mut found = Vec::new();
    compare(pages, one, other, &mut found)?;
    Ok(found)
}

fn compare(pages: &impl Pages, one: &Node, other: &Node, found: &mut Vec<Pair>) -> Result<(), LedgerError> {
    if one.hash() == other.hash() {
        return Ok(());
    }
    if let (Some((left, right)), Some((other_left, other_right))) = (sides(pages, one)?, sides(pages, other)?) {
        compare(pages, &left, &other_left, found)?;
        return compare(pages, &right, &other_right, found);
    }
    let mut pairs: BTreeMap<Hash, Pair> = BTreeMap::new();
    gather(pages, one, &mut |leaf| pairs.entry(leaf.path).or_default().0 = Some(leaf.clone()))?;
    gather(pages, other, &mut |leaf| pairs.entry(leaf.path).or_default().1 = Some(leaf.clone()))?;
    let differ = |(one, other): &Pair| match (one, other) {
        (Some(one), Some(other)) => one.hash != other.hash,
        _ => true,
    };
    found.extend(pairs.into_values().filter(differ));
    Ok(())
}

fn gather(pages: &impl Pages, node: &Node, take: &mut impl FnMut(&Arc<Leaf>)) -> Result<(), LedgerError> {
    if let Node::Leaf(leaf) = node {
        take(leaf);
    } else if let Some((left, right)) = sides(pages, node)? {
        gather(pages, &left, take)?;
        gather(pages, &right, take)?;
    }
    Ok(())
}

fn sides(pages: &impl Pages, node: &Node) -> Result<Option<(Node, Node)>, LedgerError> {
    let inner = match node {
        Node::Empty | Node::Leaf(_) => return Ok(None),
        Node::Inner(inner) => inner.clone(),
        Node::Page { hash, id } => pages.page(*id, hash)?,
    };
    Ok(Some((inner.left.clone(), inner.right.clone())))
}
