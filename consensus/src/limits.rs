//! Bounds of everything the engine keeps or sends, with their arithmetic.

use countersign_types::limits::{BLOCK_ENCODED_BYTES_MAX, VALIDATORS_MAX};

/// A certificate: phase, epoch, number, digest and length are 53 bytes; each signature 66.
pub const CERTIFICATE_BYTES_MAX: usize = 53 + VALIDATORS_MAX * 66;
/// View-change certificates that travel inside one PRE-PREPARE; further ones are fetched by range.
pub const GAP_CERTIFICATES_MAX: usize = 16;
/// Largest message: a PRE-PREPARE with a full block, the parent's, the result's and the gap's
/// certificates, and 256 bytes of signatures and lengths. About 473 KiB.
pub const MESSAGE_BYTES_MAX: usize = BLOCK_ENCODED_BYTES_MAX + (GAP_CERTIFICATES_MAX + 2) * CERTIFICATE_BYTES_MAX + 256;
/// Largest record of the vote journal that the engine writes: a block and 64 bytes.
pub const RECORD_BYTES_MAX: usize = BLOCK_ENCODED_BYTES_MAX + 64;
/// How many views ahead of the current one votes and proposals are kept. Views further ahead are
/// reached by their certificates. With n = 128: 8 × (3 × 128 votes of about 110 bytes + one block) = 3 MiB.
pub const VIEWS_AHEAD_MAX: u64 = 8;
/// Most blocks kept, beyond which blocks of views that were given up are dropped. The run-ahead
/// window (at most 64) and as many executed ones, for peers that ask, and as many siblings: 192 × 321 kB = 62 MB
/// if every block is full.
pub const BLOCKS_MAX: usize = 192;
/// Most blocks asked for at the same time.
pub const FETCHES_MAX: usize = 64;
/// Times that a block is asked for before the replica is told to catch up instead.
pub const FETCH_TRIES_MAX: u32 = 4;
/// Intervals (first timeouts) after which a final block that cannot be executed here is got by catching up.
pub const STUCK_INTERVALS: u64 = 4;
/// Blocks served to one peer in an interval: two default run-ahead windows, at most 16 × 321 kB = 5 MB.
pub const BLOCKS_SERVED_MAX: u32 = 16;
/// Certificates sent in answer to one request or query.
pub const CERTIFICATES_SENT_MAX: usize = 32;
/// Own COMMIT votes sent again when nothing moves: those of the newest views.
pub const COMMITS_RESENT_MAX: usize = 16;
/// Cases of equivocation reported of one validator: the first one proves it faulty. At most 128 × 16 × 16 bytes.
pub const EVIDENCE_PER_SIGNER_MAX: usize = 16;
/// Signature checks in vain that a peer may cause at once before it is not heard for a while: four certificates
/// of the largest set, 13 ms at 25 µs a check. A bad certificate counts with all its signatures.
pub const WASTED_CHECKS_MAX: u64 = 4 * VALIDATORS_MAX as u64;
/// Milliseconds after which one such check is forgiven: 2.5 ms of checks a second for each liar, with 42 of them
/// among 128 a tenth of a core.
pub const WASTED_CHECK_MS: u64 = 10;
/// Heights above the finalised one whose CHECKPOINT votes are kept, on top of the run-ahead window.
pub const CHECKPOINTS_AHEAD_MAX: u64 = 16;
/// Largest factor by which a timer or a time bound grows, as a power of two.
pub const GROWTH_SHIFT_MAX: u32 = 10;
