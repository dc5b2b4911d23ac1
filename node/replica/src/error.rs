//! What stops a replica. Everything here is this machine's or our own fault; what peers, users and
//! contracts do wrong is refused or becomes a receipt.

use countersign_ledger::LedgerError;
use countersign_types::overrides::BadOverride;
use countersign_types::{Hash, Height};
use countersign_vm::HostFault;

/// Why the replica cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// The ledger cannot be read or written.
    #[error("the ledger failed: {0}")]
    Ledger(#[from] LedgerError),
    /// The contract machine failed.
    #[error("the contract machine failed: {0}")]
    Machine(#[from] HostFault),
    /// Something in the state does not decode.
    #[error("the state is damaged: {what} does not decode; run `countersignd verify`")]
    State {
        /// What should have stood there.
        what: &'static str,
    },
    /// The consensus engine refuses to start from what the journal holds.
    #[error("the vote journal does not fit: {0}")]
    Engine(#[from] countersign_consensus::Error),
    /// A record of the journal does not decode: it was written by another version.
    #[error("a record of the vote journal does not decode: {0}")]
    Journal(countersign_types::DecodeError),
    /// The consensus engine orders this node to stop.
    #[error("consensus stopped this node: {0:?}")]
    Consensus(Box<countersign_consensus::Stop>),
    /// The genesis is not usable.
    #[error("the genesis is not usable: {0}")]
    Genesis(#[from] countersign_types::genesis::BadGenesis),
    /// An installed override does not count.
    #[error("the override of transaction {transaction} in block {height} is refused: {cause}")]
    Override {
        /// Height of its block.
        height: Height,
        /// Its transaction.
        transaction: Hash,
        /// Why.
        cause: BadOverride,
    },
    /// An installed override names another block than the one that is final.
    #[error("an override names another block than the one at height {height}; remove its file")]
    OverrideBlock {
        /// The height.
        height: Height,
    },
    /// An installed override came too late.
    #[error("block {height} is certified without the override that is installed for it; remove its file")]
    OverrideLate {
        /// The block's height.
        height: Height,
    },
    /// A certified result differs from ours.
    #[error("executing block {height} gave another result than the validators certified")]
    Diverged {
        /// Its height.
        height: Height,
    },
}
