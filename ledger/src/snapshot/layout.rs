//! Which pieces a snapshot has.

use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::hash::Tag;
use countersign_types::state::Step;
use countersign_types::{Hash, Height};

/// Where a logs piece begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct LogStart {
    /// Position of its first log among the logs of the state piece.
    pub log: u32,
    /// Index of its first record.
    pub index: u64,
}

/// What of a snapshot is the same whoever makes it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Layout {
    /// The chain.
    pub chain: Hash,
    /// The height.
    pub height: Height,
    /// Hash of its result.
    pub result: Hash,
    /// The state tree in preorder; each stub is a state piece.
    pub tree: Vec<Step>,
    /// For each state piece, where its logs pieces begin.
    pub logs: Vec<Vec<LogStart>>,
}

impl Layout {
    /// The snapshot's name.
    #[must_use]
    pub fn id(&self) -> Hash {
        Hash::of_value(Tag::SNAPSHOT, self)
    }
}
