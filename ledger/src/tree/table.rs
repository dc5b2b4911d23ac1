//! The list of all places and their buckets, in partitions that are written in turn.
//!
//! Each commit writes a few partitions as they stand after it. At start all of them are loaded, and the deltas since
//! the oldest of them on top: a delta that a partition knows already changes nothing, since the last one that names a place decides.

use super::{Link, Node, Prefix};
use crate::limits::TABLE_BITS;
use countersign_types::Hash;

/// Number of partitions.
pub const PARTITIONS: u16 = 1 << TABLE_BITS;

/// The partition in which a place is listed.
#[must_use]
pub fn partition(prefix: &Prefix) -> u16 {
    let [first, second, ..] = prefix.bits().0;
    u16::from_be_bytes([first, second]) >> (16 - TABLE_BITS)
}

/// The places of a partition, sorted.
#[must_use]
pub fn places(root: &Node, partition: u16) -> Vec<(Prefix, Link)> {
    let mut found = Vec::new();
    let number = partition << (16 - TABLE_BITS);
    let mut path = Hash::ZERO;
    for (byte, part) in path.0.iter_mut().zip(number.to_be_bytes()) {
        *byte = part;
    }
    let mut node = root;
    for depth in 0..TABLE_BITS as usize {
        match node {
            Node::Inner(_, inner) => node = inner.side(&path, depth),
            Node::Empty => break,
            Node::Bucket(_) => {
                // It is listed where its first path is.
                if *Prefix::of(&path, depth).bits() == path {
                    collect(node, &mut path, depth, &mut found);
                }
                return found;
            }
        }
    }
    collect(node, &mut path, TABLE_BITS as usize, &mut found);
    found
}

/// All places of a tree, sorted.
#[must_use]
pub fn all_places(root: &Node) -> Vec<(Prefix, Link)> {
    let mut found = Vec::new();
    collect(root, &mut Hash::ZERO.clone(), 0, &mut found);
    found
}

fn collect(node: &Node, path: &mut Hash, depth: usize, found: &mut Vec<(Prefix, Link)>) {
    match node {
        Node::Empty => {}
        Node::Bucket(link) => found.push((Prefix::of(path, depth), *link)),
        Node::Inner(_, inner) => {
            collect(&inner.left, path, depth + 1, found);
            flip(path, depth);
            collect(&inner.right, path, depth + 1, found);
            flip(path, depth);
        }
    }
}

fn flip(path: &mut Hash, depth: usize) {
    if let Some(byte) = path.0.get_mut(depth / 8) {
        *byte ^= 0x80 >> (depth % 8);
    }
}
