//! What is asked of the machine.

use crate::state::Address;

/// One top-level call of a contract's method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The contract that is called.
    pub contract: Address,
    /// The exported function to run.
    pub method: String,
    /// Argument bytes, at most [`countersign_abi::limits::INPUT_BYTES_MAX`].
    pub input: Vec<u8>,
    /// The most gas the call and everything it calls may use. Over
    /// [`crate::limits::GAS_LIMIT_MAX`] it is taken as that.
    pub gas_limit: u64,
    /// Whether it may write.
    pub kind: CallKind,
    /// Who calls, and when.
    pub context: CallContext,
}

/// Methods that only the chain itself runs: `init` when the contract is deployed, `migrate` when its
/// code is replaced. Contracts cannot call them, and whoever hands calls of users to the machine
/// refuses them with [`countersign_abi::trap::METHOD_NOT_FOUND`].
pub const RESERVED_METHODS: [&str; 2] = ["init", "migrate"];

/// Whether a call may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// A transaction's call: may write, may not read log entries.
    Call,
    /// A view: may read everything and write nothing.
    View,
}

/// Facts about the call that a contract can ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallContext {
    /// Public key that signed; zeros in a view without a signer and in a scheduled call.
    pub signer_key: [u8; 32],
    /// Account that signed or that the call was scheduled for, `organisation/name`; empty in a view.
    pub account: String,
    /// Roles of that account, bits as in [`countersign_abi::role`].
    pub roles: u8,
    /// Attributes of that account as it is now: borsh of a map of texts, or nothing.
    pub attributes: Vec<u8>,
    /// Id of the transaction or scheduled call; zeros in a view.
    pub transaction: [u8; 32],
    /// Height of the block.
    pub height: u64,
    /// Time of the block, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// Hash of the genesis.
    pub chain: [u8; 32],
    /// Whether the contract scheduled this call: then it is its own caller, and nobody signed.
    pub scheduled: bool,
}
