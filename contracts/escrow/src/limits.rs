//! Bounds of what is stored and of calls to other contracts, with their arithmetic.

/// Bytes of an organisation's name; the chain's own are shorter.
pub(crate) const ORGANISATION_BYTES_MAX: usize = 64;

/// Bytes of identifiers, schemes, names of events and reasons.
pub(crate) const TEXT_BYTES_MAX: usize = 512;

/// Organisations that countersign beside the seller. With the four other conditions a refusal that names all of them
/// takes below 2 KiB of the 4 KiB that the host takes.
pub(crate) const COUNTERSIGNERS_MAX: usize = 8;

/// Gas of a question to the keeper of records: 0.6 million for its code of 560 KB, the rest for an event of many things.
pub(crate) const RECORDS_GAS: u64 = 20_000_000;

/// Gas of a question to a registry: below 0.2 million for its code and two reads.
pub(crate) const REGISTRY_GAS: u64 = 2_000_000;
