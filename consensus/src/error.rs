//! Why an engine cannot start or a message is no message.

use countersign_types::{DecodeError, Hash, Height};

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The journal was made for another chain or another key.
    #[error("the vote journal belongs to chain {chain} or to another key")]
    ForeignJournal {
        /// The chain it names.
        chain: Hash,
    },
    /// A vote in the journal is not one of this validator.
    #[error("the vote journal holds a vote of validator {signer}")]
    ForeignVote {
        /// Who signed it.
        signer: u16,
    },
    /// The journal is ahead of the ledger in a way that cannot be: it lacks a finalised block.
    #[error("the ledger stands at height {height}, and its results do not lead there")]
    Ledger {
        /// Height of the ledger.
        height: Height,
    },
    /// A message or record does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
