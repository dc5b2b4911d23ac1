//! Bounds of what is stored, with their arithmetic.

/// Bytes of a credential's kind. With a key and an organisation it is a key, of which the host takes 512 bytes:
/// 128 + 64 + 32 + 2 × 4 for lengths + at most 16 for the field's name.
pub(crate) const KIND_BYTES_MAX: usize = 128;

/// Bytes of an organisation's name; the chain's own are shorter.
pub(crate) const ORGANISATION_BYTES_MAX: usize = 64;

/// Bytes of the name of whom a credential is presented to.
pub(crate) const AUDIENCE_BYTES_MAX: usize = 128;

/// Bytes of the reason of a revocation.
pub(crate) const REASON_BYTES_MAX: usize = 512;

/// Credentials of one kind that one issuer gives to one holder. They are read whole by each question, 57 bytes each;
/// then those that are over make room.
pub(crate) const CREDENTIALS_MAX: usize = 64;
