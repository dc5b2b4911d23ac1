//! Snapshots: the state at a certified height in pieces that prove themselves, and what a ledger needs to go on from it.
//!
//! The state tree is cut into subtrees of bounded size. A *state piece* holds all entries of one of them and hashes to
//! what the tree has in that place; the *logs pieces* after it hold the records of the logs whose ranges stand among its
//! entries, each run proven against its log's range. The [`Manifest`] holds the tree down to the cuts, the blocks of the
//! last two windows (their results make the next headers checkable), the range over all results before, and how the
//! validators follow from the genesis. So whoever has the genesis can judge the manifest, and each piece by itself:
//!
//! ```text
//! genesis ─► ends of epochs ─► certificate of the result ─► state root ─► tree down to the cuts ─► state piece
//!                                                      └─► range root ─► results before      range of a log ─► logs piece
//! ```
//!
//! The [`Layout`] (which subtrees, and where logs pieces begin) is a function of state and logs alone, so nodes that
//! make a snapshot of the same height make the same pieces, and one can be fetched from many. Its hash names the snapshot;
//! certificates, which differ from node to node, are not part of it.
//!
//! What a snapshot leaves out: bodies, receipts, events and the headers before the two windows. A ledger that was restored
//! says so ([`LedgerError::BeforeSnapshot`](crate::LedgerError::BeforeSnapshot)) where they are asked for.

mod checked;
mod cut;
mod error;
mod folder;
mod layout;
mod logs;
mod make;
mod manifest;
mod restore;
mod served;
mod state;
mod walk;

pub use checked::Snapshot;
pub use cut::Place;
pub use error::{BadPiece, SnapshotError};
pub use folder::Folder;
pub use layout::{Layout, LogStart};
pub use logs::{LogHead, LogsPiece, Run};
pub use make::make;
pub use manifest::{BadManifest, Carried, EpochLink, Manifest, carried_blocks};
pub use restore::{Checked, check, restore};
pub use served::Served;
pub use state::StatePiece;
pub use walk::{Below, below};

use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::BTreeMap;
use std::fmt;

/// Version of the bytes.
pub const FORMAT: u32 = 1;

/// Names a piece of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Piece {
    /// A part of the manifest.
    Manifest {
        /// Its position.
        part: u32,
    },
    /// The entries of a subtree.
    State {
        /// The subtree's position among the cuts.
        cut: u32,
    },
    /// Records of the logs whose ranges stand in a subtree.
    Logs {
        /// The subtree's position among the cuts.
        cut: u32,
        /// The piece's position among those of the subtree.
        part: u32,
    },
}

impl fmt::Display for Piece {
    /// Also the name of its file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest { part } => write!(f, "manifest-{part:08}"),
            Self::State { cut } => write!(f, "state-{cut:08}"),
            Self::Logs { cut, part } => write!(f, "logs-{cut:08}-{part:08}"),
        }
    }
}

/// How far making, checking or restoring has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Subtrees that are done.
    pub done: u64,
    /// How many there are; while a snapshot is made, an estimate.
    pub total: u64,
}

/// Where pieces are kept.
pub trait Shelf {
    /// Keeps a piece.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    fn put(&mut self, piece: Piece, bytes: &[u8]) -> Result<(), SnapshotError>;
    /// A piece, if it is there. It may be damaged.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    fn get(&self, piece: Piece) -> Result<Option<Vec<u8>>, SnapshotError>;
}

impl Shelf for BTreeMap<Piece, Vec<u8>> {
    fn put(&mut self, piece: Piece, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.insert(piece, bytes.to_vec());
        Ok(())
    }

    fn get(&self, piece: Piece) -> Result<Option<Vec<u8>>, SnapshotError> {
        Ok(BTreeMap::get(self, &piece).cloned())
    }
}
