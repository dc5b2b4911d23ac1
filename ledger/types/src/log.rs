//! Contracts' logs: append-only lists under one state entry.
//!
//! The state entry at [`crate::state_key::log`] holds the log's [`Range`] (length and peaks). Each
//! leaf binds the entry to its contract, log, position and origin, so an entry, a page or the whole
//! list is proven against today's state root.

use crate::hash::{Hash, Tag};
use crate::key::PublicKey;
use crate::number::{Height, TimestampMs};
use crate::range::Range;
use crate::{Address, codec};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// One entry with its origin. Its first four fields in borsh are the header that guests read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LogRecord {
    /// Height of the block that appended it.
    pub height: Height,
    /// Time of that block.
    pub time: TimestampMs,
    /// The transaction that appended it.
    pub transaction: Hash,
    /// The key that signed the transaction.
    pub signer: PublicKey,
    /// The contract's bytes; in JSON in hexadecimal.
    #[serde(with = "crate::hex::serde_bytes")]
    pub entry: Vec<u8>,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Origin {
    height: Height,
    time: TimestampMs,
    transaction: Hash,
    signer: PublicKey,
}

const ORIGIN_BYTES: usize = 80;

impl LogRecord {
    /// `height u64 | time u64 | transaction 32 | signer 32 | entry`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let origin =
            Origin { height: self.height, time: self.time, transaction: self.transaction, signer: self.signer };
        let mut bytes = codec::encode(&origin);
        bytes.extend_from_slice(&self.entry);
        bytes
    }

    /// Reads what [`LogRecord::to_bytes`] wrote; `None` if it is too short.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (origin, entry) = bytes.split_at_checked(ORIGIN_BYTES)?;
        let Origin { height, time, transaction, signer } = codec::decode(origin, ORIGIN_BYTES).ok()?;
        Some(Self { height, time, transaction, signer, entry: entry.to_vec() })
    }

    /// The item that stands in the log's range for this record at `index`.
    #[must_use]
    pub fn item(&self, contract: &Address, log: &[u8], index: u64) -> Hash {
        Hash::of_value(Tag::LOG_LEAF, &(contract, log, index, &self.to_bytes()))
    }
}

/// The range over a whole log, record by record.
#[must_use]
pub fn range_of(contract: &Address, log: &[u8], records: &[LogRecord]) -> Range {
    let mut range = Range::default();
    for record in records {
        let item = record.item(contract, log, range.count());
        range.append(&item);
    }
    range
}
