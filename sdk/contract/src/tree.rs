//! An ordered set of keys in storage: the B+-tree under [`OrderedMap`](crate::OrderedMap) and
//! [`Index`](crate::Index).
//!
//! The head is stored under the collection's name, each node under the name, `#` and its number as
//! eight little-endian bytes. Names are Rust identifiers, so no field's keys begin like another's.
//! A leaf holds up to [`NODE_KEYS_MAX`] keys, an inner node up to as many that divide its children:
//! child `i` holds the keys from divider `i − 1` on and below divider `i`. All leaves are equally
//! deep. Every node but the root has at least [`NODE_KEYS_MIN`] keys, so n keys are at most
//! log₈ n + 1 nodes deep. An empty tree stores nothing.
//!
//! Nodes are bounded: 32 keys of at most 512 bytes are 16 KiB of the 1 MiB that a value may have.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::marker::PhantomData;

use borsh::{BorshDeserialize, BorshSerialize};
use countersign_abi::limits;

use crate::host;
use crate::item::{decode, encode};

/// Most keys of a node. More of them make fewer reads and longer writes.
const NODE_KEYS_MAX: usize = 32;
/// Fewest keys of a node other than the root. A quarter and not a half, so that a key set and
/// removed again and again does not split and merge each time.
const NODE_KEYS_MIN: usize = NODE_KEYS_MAX / 4;

/// The keys, under a collection's name.
pub(crate) struct Tree<K> {
    name: &'static str,
    keys: PhantomData<fn(K) -> K>,
}

/// Where the tree begins.
struct Head {
    len: u64,
    root: u64,
    /// Number of the next new node.
    next: u64,
}

/// A leaf if it has no children.
struct Node<K> {
    keys: Vec<K>,
    children: Vec<u64>,
}

/// What an insertion made of a node.
enum Inserted<K> {
    /// The key was there.
    Present,
    /// It has its place.
    Placed,
    /// The node was full: this divider, and a new node of what lies from it on.
    Split(K, u64),
}

impl<K> Tree<K> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, keys: PhantomData }
    }

    /// Number of keys: one read.
    pub(crate) fn len(&self) -> u64 {
        self.head().map_or(0, |head| head.len)
    }

    fn head(&self) -> Option<Head> {
        let (len, root, next) = host::storage_read(self.name.as_bytes()).map(|bytes| decode(&bytes))?;
        Some(Head { len, root, next })
    }

    fn write_head(&self, head: &Head) {
        host::storage_write(self.name.as_bytes(), &encode(&(head.len, head.root, head.next)));
    }

    fn node_key(&self, number: u64) -> Vec<u8> {
        [self.name.as_bytes(), b"#", &number.to_le_bytes()].concat()
    }

    fn drop_node(&self, number: u64) {
        host::storage_remove(&self.node_key(number));
    }
}

impl<K: BorshDeserialize> Tree<K> {
    fn node(&self, number: u64) -> Node<K> {
        let bytes = host::storage_read(&self.node_key(number)).expect("a node that another one names is stored");
        let (keys, children) = decode(&bytes);
        Node { keys, children }
    }

    /// Up to `limit` keys in order, past those that are `before` and up to the first that is
    /// `after`. Of two keys, the lower one is `before` if the higher one is, and not `after` unless
    /// the higher one is.
    pub(crate) fn range(&self, before: impl Fn(&K) -> bool, after: impl Fn(&K) -> bool, limit: u32) -> Vec<K> {
        let mut found = Vec::new();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if let Some(head) = self.head() {
            self.collect(head.root, &before, &after, limit, &mut found);
        }
        found
    }

    fn collect(
        &self,
        number: u64,
        before: &impl Fn(&K) -> bool,
        after: &impl Fn(&K) -> bool,
        limit: usize,
        found: &mut Vec<K>,
    ) {
        let Node { keys, children } = self.node(number);
        let first = keys.partition_point(before);
        if children.is_empty() {
            let rest = keys.into_iter().skip(first).take_while(|key| !after(key));
            let room = limit.saturating_sub(found.len());
            found.extend(rest.take(room));
            return;
        }
        // The child before the first divider in the range may hold the range's first keys.
        let dividers = keys.iter().skip(first);
        let within = 1 + dividers.take_while(|divider| !after(divider)).count();
        for child in children.iter().skip(first).take(within) {
            if found.len() >= limit {
                return;
            }
            self.collect(*child, before, after, limit, found);
        }
    }

    /// The lowest key.
    pub(crate) fn first(&self) -> Option<K> {
        self.range(|_| false, |_| false, 1).pop()
    }

    /// The highest key.
    pub(crate) fn last(&self) -> Option<K> {
        let mut number = self.head()?.root;
        loop {
            let Node { mut keys, children } = self.node(number);
            match children.last() {
                Some(child) => number = *child,
                None => return keys.pop(),
            }
        }
    }

    /// Whether `key` is there.
    pub(crate) fn contains<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let Some(Head { root: mut number, .. }) = self.head() else {
            return false;
        };
        loop {
            let Node { keys, children } = self.node(number);
            match children.get(child_of(&keys, key)) {
                Some(child) => number = *child,
                None => return keys.binary_search_by(|each| each.borrow().cmp(key)).is_ok(),
            }
        }
    }
}

impl<K: BorshSerialize + BorshDeserialize + Ord + Clone> Tree<K> {
    fn write_node(&self, number: u64, node: &Node<K>) {
        host::storage_write(&self.node_key(number), &encode(&(&node.keys, &node.children)));
    }

    /// Adds `key`; answers whether it is new.
    ///
    /// # Panics
    ///
    /// If its encoding is longer than a storage key may be, which is what bounds the nodes.
    pub(crate) fn insert(&self, key: &K) -> bool {
        assert!(encode(key).len() <= limits::KEY_BYTES_MAX, "a key has at most 512 bytes");
        let Some(mut head) = self.head() else {
            self.write_node(0, &Node { keys: Vec::from([key.clone()]), children: Vec::new() });
            self.write_head(&Head { len: 1, root: 0, next: 1 });
            return true;
        };
        match self.insert_below(head.root, key, &mut head.next) {
            Inserted::Present => return false,
            Inserted::Placed => {}
            Inserted::Split(divider, right) => {
                let root = take_number(&mut head.next);
                self.write_node(root, &Node { keys: Vec::from([divider]), children: Vec::from([head.root, right]) });
                head.root = root;
            }
        }
        head.len += 1;
        self.write_head(&head);
        true
    }

    fn insert_below(&self, number: u64, key: &K, next: &mut u64) -> Inserted<K> {
        let mut node = self.node(number);
        let at = child_of(&node.keys, key);
        match node.children.get(at) {
            None => match node.keys.binary_search(key) {
                Ok(_) => return Inserted::Present,
                Err(place) => node.keys.insert(place, key.clone()),
            },
            Some(child) => match self.insert_below(*child, key, next) {
                Inserted::Split(divider, right) => {
                    node.keys.insert(at, divider);
                    node.children.insert(at + 1, right);
                }
                unchanged => return unchanged,
            },
        }
        let split = (node.keys.len() > NODE_KEYS_MAX).then(|| {
            let (divider, right) = node.split();
            let right_number = take_number(next);
            self.write_node(right_number, &right);
            Inserted::Split(divider, right_number)
        });
        self.write_node(number, &node);
        split.unwrap_or(Inserted::Placed)
    }

    /// Removes `key`; answers whether it was there.
    pub(crate) fn remove<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let Some(mut head) = self.head() else {
            return false;
        };
        let Some(root) = self.remove_below(head.root, key) else {
            return false;
        };
        head.len -= 1;
        if head.len == 0 {
            self.drop_node(head.root);
            host::storage_remove(self.name.as_bytes());
            return true;
        }
        if let (true, Some(only)) = (root.keys.is_empty(), root.children.first()) {
            self.drop_node(head.root);
            head.root = *only;
        }
        self.write_head(&head);
        true
    }

    /// Removes `key` below a node; answers the node as it is written then, or none if the key was
    /// not there. The node may have too few keys, which its parent mends.
    fn remove_below<Q: Ord + ?Sized>(&self, number: u64, key: &Q) -> Option<Node<K>>
    where
        K: Borrow<Q>,
    {
        let mut node = self.node(number);
        let at = child_of(&node.keys, key);
        let Some(child) = node.children.get(at).copied() else {
            let place = node.keys.binary_search_by(|each| each.borrow().cmp(key)).ok()?;
            node.keys.remove(place);
            self.write_node(number, &node);
            return Some(node);
        };
        let removed = self.remove_below(child, key)?;
        if removed.keys.len() < NODE_KEYS_MIN {
            self.mend(&mut node, at, removed);
            self.write_node(number, &node);
        }
        Some(node)
    }

    /// Joins the child `at` of `parent`, which has too few keys, with a neighbour, or shares the
    /// neighbour's keys if they are too many for one node. Writes the children, not the parent.
    fn mend(&self, parent: &mut Node<K>, at: usize, child: Node<K>) {
        let left_at = at.saturating_sub(1);
        let (Some(left_number), Some(right_number)) =
            (parent.children.get(left_at).copied(), parent.children.get(left_at + 1).copied())
        else {
            return;
        };
        let divider = parent.keys.remove(left_at);
        let (mut joined, right) =
            if left_at == at { (child, self.node(right_number)) } else { (self.node(left_number), child) };
        if !joined.children.is_empty() {
            joined.keys.push(divider);
        }
        joined.keys.extend(right.keys);
        joined.children.extend(right.children);
        if joined.keys.len() > NODE_KEYS_MAX {
            let (divider, right) = joined.split();
            parent.keys.insert(left_at, divider);
            self.write_node(right_number, &right);
        } else {
            parent.children.remove(left_at + 1);
            self.drop_node(right_number);
        }
        self.write_node(left_number, &joined);
    }
}

impl<K: Clone> Node<K> {
    /// Takes the upper half off. A leaf keeps no divider, an inner node gives its middle key away.
    fn split(&mut self) -> (K, Self) {
        let middle = self.keys.len() / 2;
        let mut right = self.keys.split_off(middle);
        if self.children.is_empty() {
            let divider = right.first().expect("a node that is split is not empty").clone();
            return (divider, Self { keys: right, children: Vec::new() });
        }
        let divider = right.remove(0);
        (divider, Self { keys: right, children: self.children.split_off(middle + 1) })
    }
}

/// The child that holds `key`, by the keys that divide the children.
fn child_of<K: Borrow<Q>, Q: Ord + ?Sized>(dividers: &[K], key: &Q) -> usize {
    dividers.partition_point(|divider| divider.borrow() <= key)
}

fn take_number(next: &mut u64) -> u64 {
    let number = *next;
    *next += 1;
    number
}
