//! The line between a guest contract and the host that runs it.
//!
//! This crate names every import, layout and number that both sides must agree on, and nothing
//! else. It has no dependencies, so that a guest pays nothing for it.
//!
//! A contract is a WebAssembly module that exports its linear memory as [`MEMORY`] and each of its
//! methods as a function `() -> ()` under the method's name. It imports from [`MODULE`] only. All
//! pointers and lengths are `i32` offsets into the guest's memory, read as unsigned. All integers in
//! byte layouts are little-endian.
//!
//! # Host functions (version 1)
//!
//! | import | signature | meaning |
//! |---|---|---|
//! | `input_len` | `() -> i32` | length of the argument bytes of this call |
//! | `input_read` | `(ptr)` | copies the argument bytes to `ptr` |
//! | `output` | `(ptr, len)` | sets the bytes returned to the caller (last one wins) |
//! | `fail` | `(code, ptr, len)` | ends the call as failed, with the contract's own code and bytes; does not return |
//! | `context` | `(field, ptr, cap) -> i32` | copies a [`field`] to `ptr` if it fits in `cap`; answers its length |
//! | `storage_read` | `(key, key_len, ptr, cap) -> i64` | copies the value if it fits in `cap`; answers its length, or [`ABSENT`] |
//! | `storage_write` | `(key, key_len, value, value_len)` | sets a value |
//! | `storage_remove` | `(key, key_len) -> i32` | removes a value; answers 1 if there was one |
//! | `log_append` | `(key, key_len, entry, entry_len) -> i64` | appends an entry to a log; answers its index |
//! | `log_len` | `(key, key_len) -> i64` | number of entries of a log, 0 if there is none |
//! | `log_read` | `(key, key_len, index: i64, ptr, cap) -> i64` | copies the [`log_record`] at `index` if it fits in `cap`; answers its length, or [`ABSENT`]; views only |
//! | `emit` | `(name, name_len, data, data_len, attributes, attributes_len)` | emits an event; `attributes` is laid out as in [`attributes`] |
//! | `call` | `(contract, method, method_len, input, input_len, gas: i64) -> i32` | calls another contract (32-byte address at `contract`) with at most `gas`; answers a [`call_status`] |
//! | `schedule` | `(method, method_len, input, input_len, at: i64, gas: i64) -> i64` | has the chain call a method of this contract, which no other contract may have called, in the first block of time `at` or later that has room, with `gas` that is paid now; answers its position among the calls that this transaction scheduled |
//! | `returned_len` | `() -> i32` | length of the bytes that the last `call` returned or failed with |
//! | `returned_read` | `(ptr)` | copies those bytes to `ptr` |
//! | `returned_code` | `() -> i32` | the code that the last `call` failed or trapped with, 0 after success |
//! | `sha256` | `(ptr, len, out)` | writes the 32-byte SHA-256 of the bytes to `out` |
//! | `ed25519_verify` | `(key, message, message_len, signature) -> i32` | 1 if the signature is valid by the ZIP-215 rules, else 0 |
#![no_std]

/// Version of this interface. A module states the version it was built for in [`SECTION`].
pub const VERSION: u32 = 1;
/// The module name that all imports are under.
pub const MODULE: &str = "countersign";
/// The name under which a contract exports its linear memory.
pub const MEMORY: &str = "memory";
/// The custom section that holds the contract's interface: one JSON object per line
/// (UTF-8, each line ended by `\n`), in any order. The guest SDK's macros write it.
pub const SECTION: &str = "countersign.abi";
/// The custom section that says how the contract's state is laid out: `version u32 little-endian | SHA-256 of the fields`, where
/// the fields are `name:kind\n` for each field of the contract's struct in order of the names, `kind` being its type as written
/// without white space. The guest SDK's macros write it. An upgrade may change the fields only under a higher version.
pub const LAYOUT_SECTION: &str = "countersign.layout";
/// Answer of `storage_read` and `log_read` when there is nothing.
pub const ABSENT: i64 = -1;

/// Names of the host functions, in the order of the table above.
pub mod import {
    /// See the crate's table.
    pub const INPUT_LEN: &str = "input_len";
    /// See the crate's table.
    pub const INPUT_READ: &str = "input_read";
    /// See the crate's table.
    pub const OUTPUT: &str = "output";
    /// See the crate's table.
    pub const FAIL: &str = "fail";
    /// See the crate's table.
    pub const CONTEXT: &str = "context";
    /// See the crate's table.
    pub const STORAGE_READ: &str = "storage_read";
    /// See the crate's table.
    pub const STORAGE_WRITE: &str = "storage_write";
    /// See the crate's table.
    pub const STORAGE_REMOVE: &str = "storage_remove";
    /// See the crate's table.
    pub const LOG_APPEND: &str = "log_append";
    /// See the crate's table.
    pub const LOG_LEN: &str = "log_len";
    /// See the crate's table.
    pub const LOG_READ: &str = "log_read";
    /// See the crate's table.
    pub const EMIT: &str = "emit";
    /// See the crate's table.
    pub const CALL: &str = "call";
    /// See the crate's table.
    pub const SCHEDULE: &str = "schedule";
    /// See the crate's table.
    pub const RETURNED_LEN: &str = "returned_len";
    /// See the crate's table.
    pub const RETURNED_READ: &str = "returned_read";
    /// See the crate's table.
    pub const RETURNED_CODE: &str = "returned_code";
    /// See the crate's table.
    pub const SHA256: &str = "sha256";
    /// See the crate's table.
    pub const ED25519_VERIFY: &str = "ed25519_verify";
}

/// Fields that `context` answers.
pub mod field {
    /// Public key that signed the transaction, 32 bytes. Zeros in a view without a signer and in a scheduled call.
    pub const SIGNER_KEY: i32 = 0;
    /// Account that signed, `organisation/name` in UTF-8; in a scheduled call the one that it was scheduled for. Empty
    /// in a view.
    pub const ACCOUNT: i32 = 1;
    /// Roles of that account, one byte, bit by bit as in [`super::role`]; in a scheduled call those of them that it had
    /// when it was scheduled, too.
    /// None where another contract called this one.
    pub const ROLES: i32 = 2;
    /// Address of the running contract, 32 bytes.
    pub const CONTRACT: i32 = 3;
    /// Address of the calling contract, 32 bytes, or empty when the transaction called directly. A contract never calls
    /// itself, so its own address means that the chain runs a call that it scheduled.
    pub const CALLER_CONTRACT: i32 = 4;
    /// Id of the transaction or of the scheduled call, 32 bytes. Zeros in a view.
    pub const TRANSACTION: i32 = 5;
    /// Height of the block, `u64`.
    pub const HEIGHT: i32 = 6;
    /// Time of the block, `u64` milliseconds since 1970 UTC.
    pub const TIME_MS: i32 = 7;
    /// Hash of the genesis, 32 bytes: the chain's id.
    pub const CHAIN: i32 = 8;
    /// One byte: 1 in a view (nothing may be written, logs may be read), else 0.
    pub const IS_VIEW: i32 = 9;
    /// Attributes of the account of [`ACCOUNT`], as it is now: borsh of a map of UTF-8 texts. Empty where it has none, in a view,
    /// and where another contract called this one.
    pub const ATTRIBUTES: i32 = 10;
}

/// Bits of an account's roles.
pub mod role {
    /// May act for its organisation in governance and set its accounts.
    pub const ADMIN: u8 = 1;
    /// May deploy contracts.
    pub const DEPLOYER: u8 = 2;
    /// May call contracts.
    pub const SUBMITTER: u8 = 4;
    /// A device: may call contracts, with a device's attributes.
    pub const DEVICE: u8 = 8;
    /// May read what is restricted to auditors.
    pub const AUDITOR: u8 = 16;
}

/// Answers of `call`.
pub mod call_status {
    /// The callee returned; `returned_*` holds its output.
    pub const OK: i32 = 0;
    /// The callee failed by `fail`; its writes are undone; `returned_*` holds its code and bytes.
    pub const FAILED: i32 = 1;
    /// The callee trapped; its writes are undone; `returned_code` holds a [`super::trap`] number.
    pub const TRAPPED: i32 = 2;
}

/// Why a call trapped. The numbers stand in receipts, so they never change.
pub mod trap {
    /// The gas limit was reached.
    pub const OUT_OF_GAS: u32 = 1;
    /// The call chain's stack limit was reached.
    pub const STACK_OVERFLOW: u32 = 2;
    /// `unreachable` was executed (a Rust panic ends here).
    pub const UNREACHABLE: u32 = 3;
    /// A load, store or bulk operation outside the linear memory.
    pub const MEMORY_OUT_OF_BOUNDS: u32 = 4;
    /// A table access outside the table.
    pub const TABLE_OUT_OF_BOUNDS: u32 = 5;
    /// An indirect call through an empty element or with another signature.
    pub const BAD_INDIRECT_CALL: u32 = 6;
    /// Integer division by zero.
    pub const DIVISION_BY_ZERO: u32 = 7;
    /// Integer overflow in a division, or a float too large for the integer it is converted to.
    pub const INTEGER_OVERFLOW: u32 = 8;
    /// A NaN converted to an integer.
    pub const BAD_CONVERSION: u32 = 9;
    /// A host function was given a pointer and length outside the memory, or a length over its limit.
    pub const BAD_HOST_ARGUMENT: u32 = 10;
    /// A write, log append, event or deployment inside a view.
    pub const WRITE_IN_VIEW: u32 = 11;
    /// A log was read outside a view.
    pub const LOG_READ_IN_CALL: u32 = 12;
    /// Calls between contracts nested too deep.
    pub const CALL_TOO_DEEP: u32 = 13;
    /// A contract on the call chain was called again.
    pub const REENTRANCE: u32 = 14;
    /// The module has no such method.
    pub const METHOD_NOT_FOUND: u32 = 15;
    /// There is no contract at that address.
    pub const CONTRACT_NOT_FOUND: u32 = 16;
    /// Writes, events, output or log entries of one transaction exceed their limit.
    pub const TOO_MUCH_OUTPUT: u32 = 17;
    /// Memories of the call chain together exceed their limit.
    pub const MEMORY_LIMIT: u32 = 18;
    /// More calls were scheduled than one transaction may.
    pub const SCHEDULE_LIMIT: u32 = 19;
    /// The contract is frozen.
    pub const FROZEN: u32 = 20;
}

/// Layout of a log's record as `log_read` answers it, and of the leaf that proves it.
///
/// `height u64 | time_ms u64 | transaction 32 | signer key 32 | entry bytes`
pub mod log_record {
    /// Bytes before the entry.
    pub const HEADER_BYTES: usize = 8 + 8 + 32 + 32;
    /// Offset of the block's time.
    pub const TIME_AT: usize = 8;
    /// Offset of the transaction id.
    pub const TRANSACTION_AT: usize = 16;
    /// Offset of the signer's key.
    pub const SIGNER_AT: usize = 48;
}

/// Layout of an event's indexed attributes: each is
/// `name_len u8 | name (UTF-8) | value_len u16 | value`, one after the other.
pub mod attributes {
    /// At most this many attributes to an event.
    pub const COUNT_MAX: usize = 8;
    /// Longest name, in bytes.
    pub const NAME_BYTES_MAX: usize = 32;
    /// Longest value, in bytes.
    pub const VALUE_BYTES_MAX: usize = 256;
}

/// Largest sizes that host functions accept. Over them a call traps with
/// [`trap::BAD_HOST_ARGUMENT`].
pub mod limits {
    /// Longest storage or log key.
    pub const KEY_BYTES_MAX: usize = 512;
    /// Longest storage value.
    pub const VALUE_BYTES_MAX: usize = 1 << 20;
    /// Longest log entry.
    pub const LOG_ENTRY_BYTES_MAX: usize = 64 << 10;
    /// Longest event data.
    pub const EVENT_BYTES_MAX: usize = 64 << 10;
    /// Longest method, event or contract name.
    pub const NAME_BYTES_MAX: usize = 64;
    /// Longest input of a call.
    pub const INPUT_BYTES_MAX: usize = 1 << 20;
    /// Longest output of a call in a transaction.
    pub const OUTPUT_BYTES_MAX: usize = 64 << 10;
    /// Longest output of a view.
    pub const VIEW_OUTPUT_BYTES_MAX: usize = 4 << 20;
    /// Longest input of a scheduled call: with names and origin it is below 17 KiB of state, and a block's most
    /// (1,000 calls) below 17 MiB.
    pub const SCHEDULED_INPUT_BYTES_MAX: usize = 16 << 10;
    /// Calls that one transaction may schedule, those of calls that were undone among them: at most 272 KiB of state.
    pub const SCHEDULED_CALLS_MAX: u32 = 16;
    /// Least gas of a scheduled call: what each of the 1,000 that a block runs has of its default share (a quarter of
    /// 3,000,000,000). So a block of nothing but scheduling (770,000 a call and more) leaves four blocks of calls behind
    /// it at most, and with smaller ones it would be 76.
    pub const SCHEDULED_GAS_MIN: u64 = 750_000;
    /// Most gas of a scheduled call: a sixtieth of a block's default, so that a block's share for scheduled calls (a
    /// quarter) holds fifteen of the largest.
    pub const SCHEDULED_GAS_MAX: u64 = 50_000_000;
    /// How far ahead a call may be scheduled, milliseconds: 366 days.
    pub const SCHEDULE_AHEAD_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1_000;
    /// Milliseconds until a scheduled call that found its contract frozen is tried again, at least. After that the time is
    /// half of how late it is: while it waits it is moved 27 times, for a third more than its least gas has paid (36,000
    /// each time), and once the contract runs again it is late by half as much again at most.
    pub const FROZEN_TRY_MS: u64 = 60_000;
    /// Milliseconds for which a scheduled call waits for its frozen contract: 30 days. Then it fails.
    pub const FROZEN_KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
    /// Longest message of `fail`.
    pub const FAIL_BYTES_MAX: usize = 4 << 10;
}

/// When a call that was scheduled for `at_ms` and found its contract frozen at `now_ms` is tried again; none if it has waited
/// for long enough and fails.
#[must_use]
pub const fn frozen_until(at_ms: u64, now_ms: u64) -> Option<u64> {
    let late_ms = now_ms.saturating_sub(at_ms);
    if late_ms >= limits::FROZEN_KEPT_MS {
        return None;
    }
    let wait_ms = if late_ms / 2 > limits::FROZEN_TRY_MS { late_ms / 2 } else { limits::FROZEN_TRY_MS };
    let (next_ms, last_ms) = (now_ms.saturating_add(wait_ms), at_ms.saturating_add(limits::FROZEN_KEPT_MS));
    Some(if next_ms < last_ms { next_ms } else { last_ms })
}
