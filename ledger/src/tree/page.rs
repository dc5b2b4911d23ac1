//! Pages as bytes: nodes in preorder.
//!
//! `0` nothing, `1 | path 32 | value hash 32 | value number u64` a leaf, `2 | hash 32 | page number
//! u64` another page, `3` an inner node followed by its left and right side. Numbers are
//! little-endian. Hashes of inner nodes are left out and computed again when a page is loaded.

use super::{Inner, Leaf, Node};
use countersign_types::Hash;
use countersign_types::limits::STATE_DEPTH_MAX;
use std::sync::Arc;

const EMPTY: u8 = 0;
const LEAF: u8 = 1;
const PAGE: u8 = 2;
const INNER: u8 = 3;

/// Appends a node's bytes.
pub fn encode_node(node: &Node, out: &mut Vec<u8>) {
    match node {
        Node::Empty => out.push(EMPTY),
        Node::Leaf(leaf) => {
            out.push(LEAF);
            out.extend_from_slice(&leaf.path.0);
            out.extend_from_slice(&leaf.value.0);
            out.extend_from_slice(&leaf.at.to_le_bytes());
        }
        Node::Page { hash, id } => {
            out.push(PAGE);
            out.extend_from_slice(&hash.0);
            out.extend_from_slice(&id.to_le_bytes());
        }
        Node::Inner(inner) => encode_inner(inner, out),
    }
}

fn encode_inner(inner: &Inner, out: &mut Vec<u8>) {
    out.push(INNER);
    encode_node(&inner.left, out);
    encode_node(&inner.right, out);
}

/// A page's bytes.
#[must_use]
pub fn encode_page(page: &Inner) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    encode_inner(page, &mut out);
    out
}

/// Reads one node that fills all the bytes; `None` if they are damaged.
#[must_use]
pub fn decode_node(bytes: &[u8]) -> Option<Node> {
    let mut rest = bytes;
    let node = take_node(&mut rest, 0)?;
    rest.is_empty().then_some(node)
}

/// Reads a page and checks it against its hash; `None` if it is damaged.
#[must_use]
pub fn load_page(bytes: &[u8], hash: &Hash) -> Option<Arc<Inner>> {
    match decode_node(bytes)? {
        Node::Inner(inner) if inner.hash == *hash => Some(inner),
        _ => None,
    }
}

fn take_node(rest: &mut &[u8], depth: usize) -> Option<Node> {
    let (tag, after) = rest.split_first()?;
    *rest = after;
    match *tag {
        EMPTY => Some(Node::Empty),
        LEAF => {
            let (path, value) = (take_hash(rest)?, take_hash(rest)?);
            Some(Node::Leaf(Arc::new(Leaf::new(path, value, take_number(rest)?))))
        }
        PAGE => Some(Node::Page { hash: take_hash(rest)?, id: take_number(rest)? }),
        INNER if depth < STATE_DEPTH_MAX => {
            let left = take_node(rest, depth + 1)?;
            let right = take_node(rest, depth + 1)?;
            Some(Node::Inner(Arc::new(Inner::new(left, right))))
        }
        _ => None,
    }
}

fn take_hash(rest: &mut &[u8]) -> Option<Hash> {
    let (hash, after) = rest.split_first_chunk::<32>()?;
    *rest = after;
    Some(Hash(*hash))
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    Some(u64::from_le_bytes(*number))
}
