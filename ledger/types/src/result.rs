//! What executing the chain up to a height gave: the thing that CHECKPOINT votes sign.

use crate::hash::{Hash, Tag};
use crate::number::Height;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The outcome of executing all blocks up to and including one. A certificate of phase
/// `Checkpoint` over its hash is the result certificate, on which proofs rest.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExecutionResult {
    /// Height of the block.
    pub height: Height,
    /// Hash of the block.
    pub block: Hash,
    /// Root of the state tree afterwards.
    pub state_root: Hash,
    /// [`crate::merkle::root`] over the receipts' hashes, in order.
    pub receipts_root: Hash,
    /// [`crate::merkle::root`] over the event records' hashes, in order.
    pub events_root: Hash,
    /// Hash of the validator set that signs the next height.
    pub next_validators: Hash,
    /// Root of the mountain range whose leaf `h-1` is [`ExecutionResult::hash`] of height h, over
    /// all heights before this one.
    pub range_root: Hash,
    /// [`crate::overrides::root`] of what was decreed about the block's transactions, which executing it rests on.
    pub overrides: Hash,
}

impl ExecutionResult {
    /// The digest that is voted for.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_value(Tag::RESULT, self)
    }
}
