//! Witnesses: the tree with everything cut off that some keys do not need.

use super::{Inner, Node, Pages};
use crate::error::LedgerError;
use countersign_types::Hash;
use countersign_types::state::{Step, Witness, bit};

/// The witness for some paths, which must be sorted.
///
/// # Errors
/// As [`Pages::page`].
pub fn witness(pages: &impl Pages, root: &Node, paths: &[Hash]) -> Result<Witness, LedgerError> {
    let mut steps = Vec::new();
    cut(pages, root, 0, paths, &mut steps)?;
    Ok(Witness(steps))
}

fn cut(
    pages: &impl Pages,
    node: &Node,
    depth: usize,
    paths: &[Hash],
    steps: &mut Vec<Step>,
) -> Result<(), LedgerError> {
    match node {
        Node::Empty => steps.push(Step::Empty),
        _ if paths.is_empty() => steps.push(Step::Stub(node.hash())),
        Node::Leaf(leaf) => steps.push(Step::Leaf { path: leaf.path, value: leaf.value }),
        Node::Inner(inner) => cut_sides(pages, inner, depth, paths, steps)?,
        Node::Page { hash, id } => {
            let page = pages.page(*id, hash)?;
            cut_sides(pages, &page, depth, paths, steps)?;
        }
    }
    Ok(())
}

fn cut_sides(
    pages: &impl Pages,
    inner: &Inner,
    depth: usize,
    paths: &[Hash],
    steps: &mut Vec<Step>,
) -> Result<(), LedgerError> {
    let (lefts, rights) = paths.split_at(paths.partition_point(|path| !bit(path, depth)));
    steps.push(Step::Node);
    cut(pages, &inner.left, depth + 1, lefts, steps)?;
    cut(pages, &inner.right, depth + 1, rights, steps)
}
