//! Blocks: a header, and the names of the transactions in order.

use crate::hash::{Hash, Tag};
use crate::merkle;
use crate::number::{Epoch, Height, TimestampMs, View};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What identifies a block. Its hash is the block's.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Header {
    /// The chain's id.
    pub chain: Hash,
    /// Position, the parent's plus one.
    pub height: Height,
    /// Epoch in which it was proposed.
    pub epoch: Epoch,
    /// View in which it was proposed.
    pub view: View,
    /// Hash of the parent's header; the chain's id for the first block.
    pub parent: Hash,
    /// Later than the parent's.
    pub time: TimestampMs,
    /// Index of the validator that proposed it.
    pub proposer: u16,
    /// Hash of the epoch's validator set.
    pub validators: Hash,
    /// [`merkle::root`] over the hashes of the signed transactions, in order.
    pub transactions_root: Hash,
    /// Number of transactions.
    pub transactions: u32,
    /// Hash of the execution result at this height minus the run-ahead window, zero within the
    /// first window.
    pub result: Hash,
}

impl Header {
    /// The block's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_value(Tag::BLOCK, self)
    }
}

/// A block as it is proposed: transactions are named by the hash of their signed bytes and travel
/// apart.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// [`crate::SignedTransaction::hash`] of each transaction, in order.
    pub transactions: Vec<Hash>,
}

impl Block {
    /// The header's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.header.hash()
    }
    /// Whether the header commits to exactly these transactions, none of them twice.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let distinct: alloc::collections::BTreeSet<_> = self.transactions.iter().collect();
        usize::try_from(self.header.transactions) == Ok(self.transactions.len())
            && distinct.len() == self.transactions.len()
            && merkle::root(&self.transactions) == self.header.transactions_root
    }
    /// Whether it holds no transactions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }
}
