//! What came of a call.

use std::collections::BTreeMap;

use crate::state::Address;

/// What came of one top-level call.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Gas used by the call and everything it called; at most its limit.
    pub gas_used: u64,
    /// What it changed; empty unless it succeeded.
    pub effects: Effects,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The method returned.
    Succeeded {
        /// Bytes given to `output`; empty if it was not called.
        output: Vec<u8>,
    },
    /// The contract ended the call with `fail`.
    Failed {
        /// The contract's own code.
        code: u32,
        /// The contract's own bytes.
        message: Vec<u8>,
    },
    /// The call could not go on.
    Trapped {
        /// One of [`countersign_abi::trap`].
        cause: u32,
    },
}

/// What a call changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// New values by contract and key; `None` removes.
    pub writes: BTreeMap<(Address, Vec<u8>), Option<Vec<u8>>>,
    /// Entries appended to logs, in order.
    pub appends: Vec<LogAppend>,
    /// Events, in order.
    pub events: Vec<Emitted>,
    /// Calls to be run later, in order.
    pub scheduled: Vec<Scheduled>,
}

/// An entry appended to a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogAppend {
    /// The contract whose log it is.
    pub contract: Address,
    /// The log's key within the contract.
    pub key: Vec<u8>,
    /// The entry's bytes.
    pub entry: Vec<u8>,
}

/// A call that a contract scheduled, of a method of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The contract.
    pub contract: Address,
    /// The method.
    pub method: String,
    /// Argument bytes.
    pub input: Vec<u8>,
    /// The least time of the block that runs it, milliseconds since 1970 UTC: later than the one that scheduled it.
    pub at_ms: u64,
    /// The gas that it may use, which was paid.
    pub gas: u64,
}

/// An event that a contract emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// The contract that emitted it.
    pub contract: Address,
    /// Its name.
    pub name: String,
    /// Its data (borsh of the event's fields).
    pub data: Vec<u8>,
    /// Its indexed attributes, name and value, in the contract's order.
    pub attributes: Vec<(String, Vec<u8>)>,
}
