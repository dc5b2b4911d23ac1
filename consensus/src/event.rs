//! What an engine is told.

use crate::message::Message;
use countersign_types::{Block, Certificate, ExecutionResult, Hash, Height, TimestampMs, View};

/// A fact for the engine. The time at which it became known comes beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Time has passed: what an [`crate::Action::WakeAt`] asked for. Also the first event after the start.
    Tick,
    /// Messages reach this validator again, for the first time or after a break.
    Connected {
        /// Its index in the validator set.
        peer: u16,
    },
    /// A message from a peer whose network identity is that of validator `from`.
    Received {
        /// The peer's index in the validator set.
        from: u16,
        /// Its message.
        message: Message,
    },
    /// Answers [`crate::Action::Propose`]. The payload was appended to the journal before.
    Proposed {
        /// That of the order.
        view: View,
        /// A block that extends the parent named there.
        block: Block,
    },
    /// Answers [`crate::Action::Validate`], at any later time.
    Validated {
        /// The block.
        block: Hash,
        /// What came out.
        verdict: Verdict,
    },
    /// All journal entries up to this one are on disk.
    Persisted {
        /// Number of the entry.
        entry: u64,
    },
    /// A finalised block was executed and stored in the ledger. In height order.
    Executed {
        /// What it gave.
        result: ExecutionResult,
        /// The epoch's last height, if this block or an earlier one decided it.
        last: Option<Height>,
    },
    /// Catch-up verified the certificate of a result that was executed here without one.
    ResultCertified(Certificate),
    /// There is something to put in a block (valid transactions that no unfinalised block holds, a
    /// scheduled call), or there no longer is.
    Due(bool),
    /// Catch-up stored a block that this engine did not finalise. In height order; the last one of
    /// a run is enough, since proposals bring the certificates of earlier results.
    Synced(Synced),
}

/// A block that catch-up verified, executed and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// Its height.
    pub height: Height,
    /// Its hash.
    pub block: Hash,
    /// Its time.
    pub time: TimestampMs,
    /// The view in which it was proposed.
    pub view: View,
    /// What executing it gave.
    pub result: ExecutionResult,
    /// The epoch's last height, if this block or an earlier one decided it.
    pub last: Option<Height>,
    /// The result certificate, which the caller has verified, if it has one for this height.
    pub certificate: Option<Certificate>,
}

/// What validation of a block's payload says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every transaction is valid here, held, and appended to the journal.
    Valid,
    /// The block must not be agreed.
    Invalid,
}
