//! Why a file is refused.

use crate::light::LIGHT_VERSION;
use crate::registers::NotProven;
use countersign_epcis::question::Unasked;
use countersign_epcis::walk::Unanswered;
use countersign_types::Height;
use countersign_types::codec::DecodeError;
use countersign_types::genesis::BadGenesis;
use countersign_types::proof::{BadCheckpoint, BadProof, VERSION};

/// Why a proof file, or the root to check it against, is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// The trusted root is neither a genesis nor a checkpoint.
    #[error("the trusted root is neither a genesis nor a checkpoint: {0}")]
    RootText(String),
    /// The genesis is not in order.
    #[error("the genesis is refused: {0}")]
    Genesis(#[from] BadGenesis),
    /// The checkpoint is not in order.
    #[error("the checkpoint is refused: {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// A light client's file is of another version.
    #[error("the light client's file has version {0}, this program reads version {LIGHT_VERSION}; begin a new one")]
    LightVersion(u32),
    /// The parts of a light client's file do not fit each other.
    #[error("the light client's file is damaged: its certificate does not show its block; begin a new one")]
    LightParts,
    /// The file is too large.
    #[error("the file has {bytes} bytes, at most {max} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// The file is a proof of another version.
    #[error("the file is a proof of version {0}, this program reads version {VERSION}; export it again")]
    Version(u32),
    /// The file is no proof.
    #[error("the file is not a proof: {0}")]
    Text(String),
    /// A link of the chain of reasons fails.
    #[error("the proof does not hold: {0}")]
    Proof(#[from] BadProof),
    /// What the file answers is no question that this program knows.
    #[error("what the file answers is no question: {0}")]
    Question(#[from] Unasked),
    /// The contract had another number of records at the height that is asked about.
    #[error("position {position} is not where the contract's records stood at height {height}")]
    Position {
        /// The number of records that the file names.
        position: u64,
        /// The height.
        height: Height,
    },
    /// The proven entries do not carry the answer.
    #[error("the proof does not carry the answer: {0}")]
    Incomplete(Unanswered<NotProven>),
    /// It is older than the reader allows.
    #[error("the proof is {age_s} s old, at most {max_s} s are allowed; ask for a newer one")]
    TooOld {
        /// Its age, seconds.
        age_s: u64,
        /// The bound.
        max_s: u64,
    },
    /// It speaks of the past, and the reader wants the present.
    #[error("it tells how things stood at height {0}, which says nothing of its age; leave the largest age away")]
    Past(Height),
    /// It holds, and is about something else than what was asked.
    #[error("the proof holds, but not for what was asked: {what} {asked} was asked for, and it shows {given}")]
    OtherQuestion {
        /// What differs.
        what: &'static str,
        /// What was asked for.
        asked: String,
        /// What it shows.
        given: String,
    },
    /// A value that is shown is not of the form that it should have.
    #[error("the {what} that it shows cannot be read: {cause}")]
    Value {
        /// What it should be.
        what: &'static str,
        /// Why not.
        cause: DecodeError,
    },
    /// A largest age needs a clock.
    #[error("a largest age is given, but not what time it is")]
    NoClock,
}
