//! What can go wrong with the ledger. Everything but [`LedgerError::Pruned`],
//! [`LedgerError::BeforeSnapshot`], [`LedgerError::Unknown`] and [`LedgerError::Genesis`] is ours or the disk's: the node stops.

use crate::retention::Class;
use crate::store::{Space, StoreError};
use countersign_types::epoch::BadEpochEnd;
use countersign_types::genesis::BadGenesis;
use countersign_types::{Epoch, Hash, Height};

/// A failure of the ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The store failed. Nothing may be written after a failed write.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stored bytes are missing or not what was written.
    #[error("{what} is damaged or missing (space {space}, key 0x{})", hex(.key))]
    Damaged {
        /// What should be there.
        what: &'static str,
        /// Where.
        space: Space,
        /// Under which key.
        key: Vec<u8>,
    },
    /// Parts of the database contradict each other.
    #[error("the database contradicts itself at height {height}: {what}")]
    Inconsistent {
        /// Where.
        height: Height,
        /// What does not fit.
        what: &'static str,
    },
    /// `create` on a store that holds something.
    #[error("the store is not empty; it is not overwritten")]
    NotEmpty,
    /// `open` on a store that holds nothing.
    #[error("the store is empty; a ledger is made from a genesis first")]
    Empty,
    /// The database was written by another version.
    #[error("the database has format {found}, this program reads format {expected}")]
    Format {
        /// Format found.
        found: u32,
        /// Format expected.
        expected: u32,
    },
    /// The database is of another chain.
    #[error("the database is of chain {found}, the genesis is of chain {expected}")]
    Foreign {
        /// Chain found.
        found: Hash,
        /// Chain expected.
        expected: Hash,
    },
    /// The genesis is not valid.
    #[error("the genesis is refused: {0}")]
    Genesis(#[from] BadGenesis),
    /// What was to replace damaged rows does not belong to the height, or the chain around it.
    #[error("what should repair height {height} is refused: {what}")]
    Repair {
        /// The height.
        height: Height,
        /// What does not fit.
        what: &'static str,
    },
    /// A block does not follow the tip, or its parts do not belong together.
    #[error("block {height} does not fit on height {tip}: {what}")]
    Block {
        /// Height of the block.
        height: Height,
        /// Height of the tip.
        tip: Height,
        /// What does not fit.
        what: &'static str,
    },
    /// A certificate is for another result than ours: this node's state has diverged.
    #[error("height {height} is certified with result {certified}, here it gave {own}")]
    Diverged {
        /// The height.
        height: Height,
        /// Hash of our result.
        own: Hash,
        /// Hash of the certified one.
        certified: Hash,
    },
    /// The height lies beyond the tip, or nothing is kept for it.
    #[error("nothing is known of height {height}, the tip is {tip}")]
    Unknown {
        /// Height asked for.
        height: Height,
        /// Our tip.
        tip: Height,
    },
    /// What belongs to this height is no longer kept.
    #[error("{what} of height {height}: pruned here, the oldest height kept is {oldest}")]
    Pruned {
        /// What is gone.
        what: Class,
        /// Height asked for.
        height: Height,
        /// Oldest height kept.
        oldest: Height,
    },
    /// The ledger was restored from a snapshot and does not have what stood before it.
    #[error("{what} of height {height} is not here: this ledger was restored from a snapshot of height {base}")]
    BeforeSnapshot {
        /// What was asked for.
        what: &'static str,
        /// Height asked for.
        height: Height,
        /// Height of the snapshot.
        base: Height,
    },
    /// `open` on a store into which a snapshot was not restored to the end.
    #[error(
        "a snapshot of height {height} was not restored to the end here; remove the directory and restore it again"
    )]
    HalfRestored {
        /// Height of the snapshot.
        height: Height,
    },
    /// A proof was asked for at a height whose result is not certified.
    #[error("the result of height {height} is not certified, the last certified height is {certified}")]
    NotCertified {
        /// Height asked for.
        height: Height,
        /// Last certified height.
        certified: Height,
    },
    /// Blocks cannot be taken back so far.
    #[error("the ledger cannot go back to height {to}: it stands at {tip}, and {certified} is certified for good")]
    Rewind {
        /// Where to.
        to: Height,
        /// Last certified height.
        certified: Height,
        /// The tip.
        tip: Height,
    },
    /// A restart order does not count here.
    #[error("the restart order is refused: {0}")]
    Restart(#[from] BadEpochEnd),
    /// A restart order was carried out, or a later one was.
    #[error("a restart order that began epoch {epoch} or a later one is carried out already")]
    Restarted {
        /// The order's epoch.
        epoch: Epoch,
    },
    /// An earlier write failed; the ledger takes no more.
    #[error("an earlier write failed; the node must be restarted")]
    Poisoned,
}

impl LedgerError {
    /// The row that is damaged, if that is what it is. The key is empty where a scan met the damage.
    #[must_use]
    pub fn damaged_row(&self) -> Option<(Space, &[u8])> {
        match self {
            Self::Damaged { space, key, .. } | Self::Store(StoreError::Damaged { space, key, .. }) => {
                Some((*space, key))
            }
            _ => None,
        }
    }

    /// Whether the ledger or its disk failed, rather than what it was given or asked for being wrong.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Damaged { .. } | Self::Inconsistent { .. })
    }
}

/// Lowercase hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
