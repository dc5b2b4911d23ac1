//! Bounds of what is stored and of calls to other contracts, with their arithmetic.

/// Bytes of an organisation's name; the chain's own are shorter.
pub(crate) const ORGANISATION_BYTES_MAX: usize = 64;

/// Bytes of identifiers, schemes, names of events and reasons.
pub(crate) const TEXT_BYTES_MAX: usize = 512;

/// Organisations that countersign beside the seller. With the four other conditions a refusal that names all of them
/// takes below 2 KiB of the 4 KiB that the host takes.
pub(crate) const COUNTERSIGNERS_MAX: usize = 8;

/// Milliseconds that an arbiter has for a dispute, at least: an hour, so that somebody can see it and sign.
pub(crate) const DISPUTE_MS_MIN: u64 = 3_600_000;

/// At most: 90 days, since a dispute at the last moment locks the price for so long past the deadline.
pub(crate) const DISPUTE_MS_MAX: u64 = 90 * 24 * 3_600_000;

/// Gas of a question to the keeper of records: 0.6 million for its code of 560 KB, the rest for an event of many things.
pub(crate) const RECORDS_GAS: u64 = 20_000_000;

/// Gas of a question to a registry: below 0.2 million for its code and two reads.
pub(crate) const REGISTRY_GAS: u64 = 2_000_000;

/// Gas of the refund that a deal schedules for its deadline: 0.4 million for the code and its memory, the rest for one deal
/// and one account of credit. It is paid when the deal is opened, and again by
/// who disputes it if the arbiter's time ends after the deadline.
pub(crate) const EXPIRE_GAS: u64 = 1_000_000;
