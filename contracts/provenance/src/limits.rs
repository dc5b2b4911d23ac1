//! Bounds of a call's and a view's answer, with their arithmetic.

use countersign_epcis::walk::Limits;

/// Events in one call. A receipt takes 49 bytes or, with rule but without path and reason, at most 70, so
/// that 800 fit the host's 64 KiB of output.
pub(crate) const EVENTS_MAX: usize = 800;

/// Bytes of paths and reasons in the receipts of one call; refusals past it name their rule alone.
pub(crate) const REASONS_BYTES_MAX: usize = 8 << 10;

/// Bytes of the path or reason of one refusal.
pub(crate) const REASON_BYTES_MAX: usize = 512;

/// A step of a history takes some 450 bytes of the 4 MiB that a view may answer.
pub(crate) const HISTORY: Limits = Limits { reads: 1_000_000, items: 8_000 };

/// A part of a history: as many steps as are asked for, at least one and at most those of a history.
pub(crate) fn history_page(count: u32) -> Limits {
    let items = usize::try_from(count).unwrap_or(usize::MAX).clamp(1, HISTORY.items);
    Limits { items, ..HISTORY }
}

/// An identifier takes some 60 bytes.
pub(crate) const LINEAGE: Limits = Limits { reads: 1_000_000, items: 60_000 };

/// A product takes some 200 bytes: in the list, and with its place.
pub(crate) const RECALL: Limits = Limits { reads: 1_000_000, items: 20_000 };

/// An anomaly holds at most three identifiers of 2,048 bytes; 500 of them stay below the 4 MiB of an answer.
pub(crate) const ANOMALIES: u64 = 500;

/// Records that one page of hand-overs looks at. Each hands over to two parties at most, of which a row has two identifiers of
/// at most 2,048 bytes and a reason: 9 KiB together, so 200 stay below the 4 MiB of an answer. Most rows have 300 bytes.
pub(crate) const HANDOVERS: u64 = 200;

/// Hand-overs that one call accepts. Each reads two entries, writes one and is announced.
pub(crate) const SETTLED_MAX: usize = 800;

/// Bytes of an organisation's identifier.
pub(crate) const ORGANISATION_BYTES_MAX: usize = 64;

/// Certificates that the events of one call claim; more are told to be unasked. Each may be announced, and the host takes
/// 4,096 events of a call, of which captures are 800.
pub(crate) const CLAIMS_MAX: usize = 256;

/// Questions to the registry of certificates in one call: one for each party and scheme.
pub(crate) const QUESTIONS_MAX: usize = 64;

/// Gas of one of these: 0.1 million for the registry's code, the rest for its answer of at most 64 certificates. All of
/// them are 64 million of a transaction's 3 thousand million.
pub(crate) const QUESTION_GAS: u64 = 1_000_000;

/// Gas of the one call to the keeper of the cold chain: 256 things of 0.1 million each, and as much again for readings.
pub(crate) const OBSERVATION_GAS: u64 = 50_000_000;
