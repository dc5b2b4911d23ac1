//! Bounds of what is stored, with their arithmetic.

/// Bytes of a subject's canonical identifier. With a scheme and the field's name it is a key, of which the host takes
/// 512 bytes: 256 + 128 + 2 × 4 for lengths + at most 16 for the name.
pub(crate) const SUBJECT_BYTES_MAX: usize = 256;

/// Bytes of a scheme's name or address.
pub(crate) const SCHEME_BYTES_MAX: usize = 128;

/// Bytes of an organisation's name; the chain's own are shorter.
pub(crate) const ORGANISATION_BYTES_MAX: usize = 64;

/// Bytes of the reason of a revocation.
pub(crate) const REASON_BYTES_MAX: usize = 512;

/// Certificates of one subject under one scheme that questions are answered from. They are read whole by each, at most
/// 101 bytes each with the inspector's name; then those that are over make room.
pub(crate) const PERIODS_MAX: usize = 64;

/// Of these by one inspector that are not over, so that it takes eight rivals to keep an inspector out.
pub(crate) const INSPECTOR_PERIODS_MAX: usize = 8;

/// Certificates in one answer. Each takes below 1,200 bytes of the 4 MiB that a view may answer.
pub(crate) const PAGE_MAX: u32 = 1_000;
