//! Hashing and signatures, done by the host.

use crate::{Hash, PublicKey, host};

/// The SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    host::sha256(bytes)
}

/// Whether `signature` over `message` is valid for `key`, by the ZIP-215 rules.
#[must_use]
pub fn ed25519_verify(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
    host::ed25519_verify(key, message, signature)
}
