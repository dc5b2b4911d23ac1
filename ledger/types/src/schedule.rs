//! Calls that contracts scheduled and that wait for their time.
//!
//! They stand in the state in the order in which they are run: by time, then by the number that each gets when it is
//! scheduled ([`crate::state_key::scheduled`]). A block runs those whose time has come before its own transactions, in
//! that order, as many as its share of gas and their number allow, and removes each, whatever becomes of it; the others
//! keep their places. One whose contract is frozen is moved to a place of a later time instead, for 30 days. A block's receipts follow those of the block's transactions and name the call by its id.

use crate::account::{AccountId, Roles};
use crate::contract::Address;
use crate::hash::{Hash, Tag};
use crate::number::{Gas, Height, TimestampMs};
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A call that a contract scheduled, of a method of its own.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ScheduledCall {
    /// The least time of the block that runs it, also where it was moved to a later place.
    pub at: TimestampMs,
    /// The contract, which is its own caller then.
    pub contract: Address,
    /// The method.
    pub method: String,
    /// Argument bytes; in JSON in hexadecimal.
    #[serde(with = "crate::hex::serde_bytes")]
    pub input: Vec<u8>,
    /// The gas that it may use. It is paid, and what is left of it is not paid back.
    pub gas: Gas,
    /// The account in whose name it was scheduled. It must still be one that runs contracts when the time comes.
    pub account: AccountId,
    /// Roles of that account at that time. It acts with those of them that it still has.
    pub roles: Roles,
    /// The transaction, or scheduled call, that scheduled it.
    pub transaction: Hash,
    /// Position among the calls that it scheduled.
    pub position: u32,
    /// Height of its block.
    pub height: Height,
}

impl ScheduledCall {
    /// What its receipt, events and log records name instead of a transaction.
    #[must_use]
    pub fn id(&self) -> Hash {
        Hash::of_parts(Tag::SCHEDULED, &[&self.transaction.0, &self.position.to_le_bytes()])
    }
}
