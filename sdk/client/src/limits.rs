//! Bounds of the client, with their arithmetic.

use std::time::Duration;

/// Longest time for one HTTP request: the node's own 10 s, and the way there and back.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest time to connect.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What a response may have around its answer: envelope and id.
pub const RESPONSE_OVERHEAD_BYTES: usize = 1 << 10;
/// Tries of a request that never reached the node, or that the node asked to repeat.
pub const TRIES_MAX: u32 = 5;
/// Pause before the second try; it doubles up to [`PAUSE_MAX`].
pub const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// Longest pause between tries.
pub const PAUSE_MAX: Duration = Duration::from_secs(2);
/// How far beyond the heartbeat the chain's clock may be ahead of its last block when an expiry is
/// chosen.
pub const CLOCK_SLACK_MS: u64 = 30_000;
/// Gas limit of a call when none is given: a second of work on the reference machine, where most
/// calls take less than a millisecond.
pub const CALL_GAS: u64 = 1_000_000_000;
/// Largest message of a subscription: a block's 10,000 verdicts of about 120 bytes.
pub const NOTICE_BYTES_MAX: usize = 4 << 20;
/// Largest key file: a header line and 64 digits.
pub const KEY_FILE_BYTES_MAX: usize = 128;
/// Events of the first transaction of a capture in mode proceed. At 10 million of gas each, which is ten times what most
/// take, they are within the 3,000 million of a transaction.
pub const CAPTURE_EVENTS_FIRST: usize = 200;
/// Events that one transaction captures at most in mode proceed: as many as the contract takes in one call.
pub const CAPTURE_EVENTS_MAX: usize = ROLLBACK_EVENTS_MAX;
/// Events of a document in mode rollback: as many as the contract takes in one call.
pub const ROLLBACK_EVENTS_MAX: usize = 800;
/// Bytes of events that one transaction captures at most: its payload less list length and mode.
pub const CAPTURE_BYTES_MAX: usize = countersign_types::limits::PAYLOAD_BYTES_MAX - 16;
/// Hand-overs that one transaction accepts at most: as many as the contract takes in one call.
pub const ACCEPT_MAX: usize = 800;
/// Bytes of a document that are read at a time while it is captured.
pub const READ_BYTES: usize = 64 << 10;
