//! Bounds of the machine, with their arithmetic.

/// Longest module, in bytes.
pub const CODE_BYTES_MAX: usize = 1 << 20;

/// Largest gas limit a call can have: far over any block's, and far under where an `i64` counter
/// could wrap.
pub const GAS_LIMIT_MAX: u64 = 1 << 53;
