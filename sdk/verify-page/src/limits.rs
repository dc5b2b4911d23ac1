//! Bounds of the page, with their arithmetic.

use countersign_types::limits::{GENESIS_BYTES_MAX, PROOF_BYTES_MAX};

/// Largest input: the largest proof file and the largest trusted root, and one byte more of each, so that a file that
/// is too large is refused with the words for it.
pub const INPUT_BYTES_MAX: usize = PROOF_BYTES_MAX + GENESIS_BYTES_MAX + 2;
/// Most rows of a table that are set out: a browser takes a second for some 10,000. What is left out is said.
pub const ROWS_MAX: usize = 2_000;
/// Most bytes of a value that are written out in hexadecimal.
pub const VALUE_BYTES_MAX: usize = 64;
/// How far the block's time may lie ahead of this computer's clock before the page says so: five minutes.
pub const AHEAD_MS_MAX: u64 = 5 * 60 * 1_000;
