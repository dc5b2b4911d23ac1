//! Witnesses: the tree with everything cut off that some keys do not need.

use super::{Buckets, Node, Part};
use crate::error::LedgerError;
use countersign_types::Hash;
use countersign_types::state::{Step, Witness, bit};

/// The witness for some paths, which must be sorted.
///
/// # Errors
/// As [`Buckets::bucket`].
pub fn witness(buckets: &impl Buckets, root: &Node, paths: &[Hash]) -> Result<Witness, LedgerError> {
    let mut steps = Vec::new();
    cut(buckets, root, 0, paths, &mut steps)?;
    Ok(Witness(steps))
}

fn cut(
    buckets: &impl Buckets,
    node: &Node,
    depth: usize,
    paths: &[Hash],
    steps: &mut Vec<Step>,
) -> Result<(), LedgerError> {
    match node {
        Node::Empty => steps.push(Step::Empty),
        _ if paths.is_empty() => steps.push(Step::Stub(node.hash())),
        Node::Bucket(link) => cut_bucket(buckets.bucket(link, depth)?.part(), depth, paths, steps),
        Node::Inner(_, inner) => {
            let (lefts, rights) = divide(paths, depth);
            steps.push(Step::Node);
            cut(buckets, &inner.left, depth + 1, lefts, steps)?;
            cut(buckets, &inner.right, depth + 1, rights, steps)?;
        }
    }
    Ok(())
}

fn cut_bucket(part: Part<'_>, depth: usize, paths: &[Hash], steps: &mut Vec<Step>) {
    if part.is_empty() {
        steps.push(Step::Empty);
    } else if paths.is_empty() {
        steps.push(Step::Stub(part.hash()));
    } else if let Some(leaf) = part.leaf() {
        steps.push(Step::Leaf { path: leaf.path, value: leaf.value });
    } else {
        let (lefts, rights) = divide(paths, depth);
        let (left, right) = part.sides();
        steps.push(Step::Node);
        cut_bucket(left, depth + 1, lefts, steps);
        cut_bucket(right, depth + 1, rights, steps);
    }
}

fn divide(paths: &[Hash], depth: usize) -> (&[Hash], &[Hash]) {
    paths.split_at(paths.partition_point(|path| !bit(path, depth)))
}
