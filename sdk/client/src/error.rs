//! What can go wrong in the client.

use crate::keyfile::KeyFileError;
use countersign_api::RpcError;
use countersign_api::abi::AbiError;
use countersign_api::method::tx::Outcome;
use countersign_types::{Hash, Height};
use countersign_verify::BadFile;
use std::time::Duration;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not one of a node.
    #[error("`{0}` is not the address of a node; give http://HOST:PORT")]
    Address(String),
    /// The node was not reached, or the connection broke.
    #[error("no answer from {url}: {cause}; is the node running there?")]
    Network {
        /// The node.
        url: String,
        /// Why.
        cause: String,
    },
    /// Something answered that is no node.
    #[error("{url} does not answer as a node does: {cause}")]
    Answer {
        /// Who answered.
        url: String,
        /// What is wrong.
        cause: String,
    },
    /// The node answered with an error.
    #[error("{0}")]
    Rpc(#[from] RpcError),
    /// Arguments do not fit the contract's interface, or its bytes do not.
    #[error("{0}")]
    Abi(#[from] AbiError),
    /// A key file cannot be used.
    #[error("{0}")]
    Key(#[from] KeyFileError),
    /// A proof file is refused.
    #[error("{0}")]
    Proof(#[from] BadFile),
    /// The answer is about an older block than one that was verified before.
    #[error(
        "the node answers as of block {given}, after block {known} was verified: it is behind, or replays an old answer"
    )]
    Regressed {
        /// Height of the answer's block.
        given: Height,
        /// The height that was reached.
        known: Height,
    },
    /// What is asked is not shown by any proof.
    #[error("no proof shows {0}")]
    Unprovable(&'static str),
    /// The transaction expired and was never included.
    #[error("transaction {id} expired before it was included; submit again")]
    Expired {
        /// The transaction.
        id: Hash,
    },
    /// There is no final receipt yet.
    #[error("transaction {id} has no final receipt after {} s; `tx_get` tells more later", waited.as_secs())]
    StillPending {
        /// The transaction.
        id: Hash,
        /// How long was waited.
        waited: Duration,
    },
    /// The transaction is final and had no effect.
    #[error("transaction {id} had no effect: {reason}")]
    NoEffect {
        /// The transaction.
        id: Hash,
        /// Why, in words.
        reason: String,
        /// As the receipt says it.
        outcome: Box<Outcome>,
    },
    /// A name or address is neither.
    #[error("`{0}` is not a contract: give organisation/name or a 0x address")]
    Contract(String),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// What is to be captured cannot be read.
    #[error("the document cannot be read: {0}")]
    Source(#[source] std::io::Error),
    /// What the user gave is too large for a transaction.
    #[error("{what} has {bytes} bytes, a transaction takes {max}")]
    TooLarge {
        /// What it is.
        what: String,
        /// Its size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
}

impl Error {
    /// Whether the way to the node failed, rather than what was asked of it.
    #[must_use]
    pub fn is_network(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Answer { .. } | Self::StillPending { .. } | Self::Expired { .. } => true,
            Self::Rpc(error) => error.data.retryable,
            _ => false,
        }
    }
}
