//! Bounds of what is stored, with their arithmetic.

/// Bytes of a canonical identifier that is watched. With the field's name it is a key, of which the host takes 512 bytes:
/// 400 + 4 for its length + at most 16 for the name. Identifiers of GS1 stay below 200.
pub(crate) const IDENTIFIER_BYTES_MAX: usize = 400;

/// Bytes of an organisation's name; the chain's own are shorter.
pub(crate) const ORGANISATION_BYTES_MAX: usize = 64;

/// Bytes of the reason of a release.
pub(crate) const REASON_BYTES_MAX: usize = 512;

/// Excursions kept apart for one thing. The next one closes the shortest gap, as if the thing had been out of its
/// limits there too: 32 × 16 bytes are read and written with each observation of the thing.
pub(crate) const EXCURSIONS_MAX: usize = 32;
