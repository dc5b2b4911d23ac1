//! What a replica writes to its vote journal: the engine's records, and the transactions of blocks
//! it votes for, so that a vote never outlives what it vouches for.

use crate::error::ReplicaError;
use crate::limits::JOURNAL_RECORD_BYTES_MAX;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_consensus::Record;
use countersign_types::codec;
use countersign_types::{Block, Hash};

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum JournalRecord {
    /// A record of the engine.
    Engine(Record),
    /// A block's payload, written before the vote that vouches for it.
    Payload {
        /// The block.
        block: Block,
        /// Its unfinalised ancestors.
        ancestors: Vec<Hash>,
        /// Signed bytes of its transactions, in order.
        transactions: Vec<Vec<u8>>,
    },
}

impl JournalRecord {
    /// The bytes that are framed and appended.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }
    /// Reads a record back.
    ///
    /// # Errors
    /// [`ReplicaError::Journal`] if it does not decode: framing was intact, so it was written by
    /// another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReplicaError> {
        codec::decode(bytes, JOURNAL_RECORD_BYTES_MAX).map_err(ReplicaError::Journal)
    }
}
