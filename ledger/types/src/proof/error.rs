//! Why a proof is refused: each variant names the link that fails.

use super::log::BadLog;
use super::path::BadPath;
use crate::certificate::BadCertificate;
use crate::codec::DecodeError;
use crate::epoch::BadEpochEnd;
use crate::hash::Hash;
use crate::number::{Epoch, Height};
use crate::proof::VERSION;
use crate::result_proof::BadResultProof;
use crate::state::BadWitness;

/// Why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// Made by another version.
    #[error("the file has version {0}, this program reads version {VERSION}; export it again")]
    Version(u32),
    /// It is about another chain.
    #[error("it is about chain {given}, the trusted root is of chain {expected}")]
    Chain {
        /// The file's chain.
        given: Hash,
        /// The trusted root's chain.
        expected: Hash,
    },
    /// It begins in an epoch whose validators the trusted root does not know.
    #[error(
        "it leads on from the validators of epoch {first}, the trusted root knows those of epoch {known}; \
         verify it against a checkpoint of epoch {first} or later, or export the whole way from the genesis"
    )]
    Begins {
        /// Epoch of the first certificate.
        first: Epoch,
        /// Epoch that the trusted root knows.
        known: Epoch,
    },
    /// Its certificate is of an epoch before the trusted root's.
    #[error(
        "its certificate is of epoch {given}, before the trusted root's epoch {known}; \
         verify it against the genesis or an earlier checkpoint, or export it again"
    )]
    Before {
        /// Epoch of the certificate.
        given: Epoch,
        /// Epoch that the trusted root knows.
        known: Epoch,
    },
    /// It certifies another result at the checkpoint's height than the checkpoint names.
    #[error("it has another result of height {height} than the checkpoint: one of the two chains is forged")]
    Pinned {
        /// The height.
        height: Height,
    },
    /// The hand-over to an epoch fails.
    #[error("the end of epoch {epoch} (number {index} in the file): {cause}")]
    Epoch {
        /// Position in `epochs`.
        index: usize,
        /// The epoch, as its certificate says.
        epoch: Epoch,
        /// Why.
        cause: BadEpochEnd,
    },
    /// Header, result and certificate do not belong together.
    #[error("{0} does not belong to the rest of the anchor")]
    Anchor(&'static str),
    /// The certificate is not a quorum's.
    #[error("the certificate is refused: {0}")]
    Certificate(#[from] BadCertificate),
    /// Header and result of the earlier block do not belong together.
    #[error("{0} does not belong to the rest of the earlier block")]
    Earlier(&'static str),
    /// The earlier result is not one that the certified result names.
    #[error("the earlier block's result: {0}")]
    EarlierResult(#[from] BadResultProof),
    /// It is asked as of a height that the state shown does not reach back from.
    #[error("it is asked as of height {asked}, the state that it shows is of height {shown}")]
    AsOf {
        /// The height that is asked about.
        asked: Height,
        /// The height of the state.
        shown: Height,
    },
    /// The witness is no tree under the certified root.
    #[error("{0}")]
    Witness(#[from] BadWitness),
    /// The witness does not show an entry.
    #[error("entry {index}: {cause}")]
    Entry {
        /// Position in `entries`.
        index: usize,
        /// Why.
        cause: BadWitness,
    },
    /// Entries or logs are not in the order of their keys, or one stands there twice.
    #[error("{what} {index} does not come after the one before it, in the order of keys")]
    Order {
        /// `entry` or `log`.
        what: &'static str,
        /// Its position.
        index: usize,
    },
    /// A log's records are not those of the log at these positions.
    #[error("log {index}: {cause}")]
    Log {
        /// Position in `logs`.
        index: usize,
        /// Why.
        cause: BadLog,
    },
    /// The transaction's bytes are none.
    #[error("the transaction cannot be read: {0}")]
    Transaction(#[from] DecodeError),
    /// Two parts of a transaction's proof are about different things.
    #[error("{0} does not belong to the transaction")]
    Apart(&'static str),
    /// A path does not lead to a root that the block names.
    #[error("the path of {what}: {cause}")]
    Path {
        /// What it should show.
        what: &'static str,
        /// Why not.
        cause: BadPath,
    },
    /// An event says that it is of another block.
    #[error("the event is of height {given}, the block of height {expected}")]
    EventHeight {
        /// The event's height.
        given: Height,
        /// The block's.
        expected: Height,
    },
}
