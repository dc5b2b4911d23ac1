//! Bounds of what is signed, stored or sent, with their arithmetic.

/// Bytes around a transaction's payload: chain 32, signer 32, nonce, expiry and gas 24, signature
/// 64, names and lengths below 1 KiB; rounded up.
pub const TRANSACTION_ENVELOPE_BYTES_MAX: usize = 4 << 10;
/// Largest input or contract code of a transaction.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Largest signed transaction.
pub const TRANSACTION_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + TRANSACTION_ENVELOPE_BYTES_MAX;
/// Most validators: a certificate of 86 signatures (the quorum of 128) stays below 6 KiB.
pub const VALIDATORS_MAX: usize = 128;
/// Most transactions in a block.
pub const BLOCK_TRANSACTIONS_MAX: u32 = 10_000;
/// Most bytes of the transactions a block names.
pub const BLOCK_BYTES_MAX: u32 = 2 << 20;
/// A block names its transactions: 10,000 hashes of 32 bytes and a header below 1 KiB.
pub const BLOCK_ENCODED_BYTES_MAX: usize = 10_000 * 32 + (1 << 10);
/// Longest identifier of an organisation or account name, and longest contract name part.
pub const NAME_BYTES_MAX: usize = 32;
/// Longest display name.
pub const TITLE_BYTES_MAX: usize = 128;
/// Most keys of an account.
pub const ACCOUNT_KEYS_MAX: usize = 16;
/// Largest genesis file.
pub const GENESIS_BYTES_MAX: usize = 16 << 20;
/// Depth of the state tree: one level for each bit of a path.
pub const STATE_DEPTH_MAX: usize = 256;
/// Largest proof file: one item's history with the events it rests on.
pub const PROOF_BYTES_MAX: usize = 64 << 20;
