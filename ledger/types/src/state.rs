//! The state tree's shape and its proofs.
//!
//! A binary tree over 256-bit paths (hashes of keys), most significant bit first, 0 to the left. An
//! empty subtree hashes to zero; a subtree with one key *is* that key's leaf, wherever it stands;
//! any other is a node over its two sides. So the root is a function of the set of keys and values
//! alone, a path has about log2(n) nodes, and absence shows as an empty place or another key's leaf.
//!
//! A [`Witness`] is the tree with everything cut off that some keys do not need. It proves for all
//! of them at once what stands there, or that nothing does.

use crate::hash::{Hash, Tag};
use crate::limits::{STATE_DEPTH_MAX, WITNESS_STEPS_MAX};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Where a key stands in the tree.
#[must_use]
pub fn path(key: &[u8]) -> Hash {
    Hash::of(Tag::STATE_PATH, key)
}

/// What a leaf holds of a value.
#[must_use]
pub fn value_hash(value: &[u8]) -> Hash {
    Hash::of(Tag::STATE_VALUE, value)
}

/// Hash of a leaf.
#[must_use]
pub fn leaf_hash(path: &Hash, value_hash: &Hash) -> Hash {
    Hash::of_pair(Tag::STATE_LEAF, path, value_hash)
}

/// Hash of a node over two subtrees, of which at most one is empty.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of_pair(Tag::STATE_NODE, left, right)
}

/// Bit `depth` of a path: true is right. Beyond the last bit false.
#[must_use]
pub fn bit(path: &Hash, depth: usize) -> bool {
    path.0.get(depth / 8).is_some_and(|byte| byte & (0x80 >> (depth % 8)) != 0)
}

/// One place of a pruned tree, in preorder.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Step {
    /// Nothing stands below.
    Empty,
    /// A whole subtree, by its hash.
    Stub(Hash),
    /// One key.
    Leaf {
        /// Its path.
        path: Hash,
        /// [`value_hash`] of its value.
        value: Hash,
    },
    /// A node; its left side follows, then its right side.
    Node,
}

/// A pruned tree, as it is stored and sent. In JSON a list of texts: `-` for an empty place, `+` for
/// a node, `0x…` for a stub, `0x…=0x…` for a leaf's path and value hash.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Witness(#[serde(deserialize_with = "bounded")] pub Vec<Step>);

/// Why a witness says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWitness {
    /// It is not one tree of legal depth.
    #[error("the state witness is not a well-formed tree")]
    Malformed,
    /// A leaf stands where its path does not lead.
    #[error("the state witness has a leaf in the wrong place")]
    Misplaced,
    /// Its root is another.
    #[error("the state witness has root {found}, the certified one is {expected}")]
    Root {
        /// Root of the witness.
        found: Hash,
        /// Root that is certified.
        expected: Hash,
    },
    /// It does not reach the key.
    #[error("the state witness does not cover the key")]
    NotCovered,
    /// The key holds another value.
    #[error("the state witness contradicts the value given for a key")]
    Contradicted,
}

/// A witness whose root was checked.
#[derive(Debug, Clone)]
#[must_use]
pub struct Witnessed(Tree);

#[derive(Debug, Clone)]
enum Tree {
    Empty,
    Stub,
    Leaf { path: Hash, value: Hash },
    Node(Box<(Tree, Tree)>),
}

impl Witness {
    /// Checks the tree against a certified root.
    ///
    /// # Errors
    /// [`BadWitness`].
    pub fn verify(&self, root: &Hash) -> Result<Witnessed, BadWitness> {
        let mut steps = self.0.iter();
        let mut prefix = Vec::new();
        let (found, tree) = build(&mut steps, &mut prefix)?;
        if steps.next().is_some() {
            return Err(BadWitness::Malformed);
        }
        if found != *root {
            return Err(BadWitness::Root { found, expected: *root });
        }
        Ok(Witnessed(tree))
    }
}

fn build(steps: &mut core::slice::Iter<'_, Step>, prefix: &mut Vec<bool>) -> Result<(Hash, Tree), BadWitness> {
    match steps.next().ok_or(BadWitness::Malformed)? {
        Step::Empty => Ok((Hash::ZERO, Tree::Empty)),
        Step::Stub(hash) if *hash == Hash::ZERO => Err(BadWitness::Malformed),
        Step::Stub(hash) => Ok((*hash, Tree::Stub)),
        Step::Leaf { path, value } => {
            if prefix.iter().enumerate().any(|(depth, side)| bit(path, depth) != *side) {
                return Err(BadWitness::Misplaced);
            }
            Ok((leaf_hash(path, value), Tree::Leaf { path: *path, value: *value }))
        }
        Step::Node => {
            if prefix.len() >= STATE_DEPTH_MAX {
                return Err(BadWitness::Malformed);
            }
            prefix.push(false);
            let (left, left_tree) = build(steps, prefix)?;
            prefix.pop();
            prefix.push(true);
            let (right, right_tree) = build(steps, prefix)?;
            prefix.pop();
            Ok((node_hash(&left, &right), Tree::Node(Box::new((left_tree, right_tree)))))
        }
    }
}

impl Witnessed {
    /// Hash of the value at a key, `None` if the key is absent.
    ///
    /// # Errors
    /// [`BadWitness::NotCovered`] if the witness was cut above the key.
    pub fn value_hash(&self, key: &[u8]) -> Result<Option<Hash>, BadWitness> {
        let path = path(key);
        let mut tree = &self.0;
        let mut depth = 0;
        loop {
            match tree {
                Tree::Empty => return Ok(None),
                Tree::Stub => return Err(BadWitness::NotCovered),
                Tree::Leaf { path: found, value } => return Ok((*found == path).then_some(*value)),
                Tree::Node(sides) => {
                    tree = if bit(&path, depth) { &sides.1 } else { &sides.0 };
                    depth += 1;
                }
            }
        }
    }

    /// Checks that a key holds exactly this value, or is absent for `None`.
    ///
    /// # Errors
    /// [`BadWitness::NotCovered`] or [`BadWitness::Contradicted`].
    pub fn check(&self, key: &[u8], value: Option<&[u8]>) -> Result<(), BadWitness> {
        if self.value_hash(key)? == value.map(value_hash) { Ok(()) } else { Err(BadWitness::Contradicted) }
    }
}

/// Reads a list of steps, at most [`WITNESS_STEPS_MAX`].
fn bounded<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Step>, D::Error> {
    struct Steps;
    impl<'de> serde::de::Visitor<'de> for Steps {
        type Value = Vec<Step>;
        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            write!(f, "a list of at most {WITNESS_STEPS_MAX} steps of a state witness")
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Step>, A::Error> {
            let mut steps = Vec::new();
            while let Some(step) = list.next_element()? {
                if steps.len() >= WITNESS_STEPS_MAX {
                    return Err(serde::de::Error::invalid_length(steps.len(), &self));
                }
                steps.push(step);
            }
            Ok(steps)
        }
    }
    deserializer.deserialize_seq(Steps)
}

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_str("-"),
            Self::Node => serializer.serialize_str("+"),
            Self::Stub(hash) => serializer.collect_str(hash),
            Self::Leaf { path, value } => serializer.collect_str(&format_args!("{path}={value}")),
        }
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let text = <String as Deserialize>::deserialize(deserializer)?;
        match text.as_str() {
            "-" => Ok(Self::Empty),
            "+" => Ok(Self::Node),
            _ => match text.split_once('=') {
                None => text.parse().map(Self::Stub).map_err(D::Error::custom),
                Some((path, value)) => Ok(Self::Leaf {
                    path: path.parse().map_err(D::Error::custom)?,
                    value: value.parse().map_err(D::Error::custom)?,
                }),
            },
        }
    }
}
