//! What can go wrong with a snapshot.

use super::{BadManifest, Piece};
use crate::error::LedgerError;
use countersign_types::range::BadRangeProof;
use countersign_types::{Hash, Height};
use std::path::PathBuf;

/// Why a piece is not what it should be. Whoever sent it is to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPiece {
    /// It does not decode, or has too many bytes.
    #[error("it does not decode: {0}")]
    Decode(#[from] countersign_types::DecodeError),
    /// Its entries are not in the order of their paths, or not all below the cut.
    #[error("its entry {index} is out of order or of another subtree")]
    Entry {
        /// Position of the entry.
        index: usize,
    },
    /// Its entries are others than the state's.
    #[error("its entries hash to {found}, the state has {expected} there")]
    Subtree {
        /// Hash of the entries.
        found: Hash,
        /// Hash of the subtree.
        expected: Hash,
    },
    /// Something else than a range stands at the key of a log.
    #[error("its entry {index} is at the key of a log and no range")]
    Range {
        /// Position of the entry.
        index: usize,
    },
    /// Its runs are not those between its beginning and the next piece's.
    #[error("its run {run} is not the one that belongs there")]
    Run {
        /// Position of the run.
        run: usize,
    },
    /// Its records are others than the log's.
    #[error("the records of its run {run} are not the log's: {cause}")]
    Records {
        /// Position of the run.
        run: usize,
        /// Why.
        cause: BadRangeProof,
    },
    /// The snapshot has no such piece.
    #[error("there is no such piece")]
    Unknown,
    /// The manifest lets its logs pieces begin where no records are: whoever made the manifest is to blame.
    #[error("the manifest lets its logs begin elsewhere")]
    Layout,
    /// It is a part of another manifest.
    #[error("it is not a part of the snapshot's manifest")]
    Manifest,
    /// A record is too short to be one.
    #[error("record {index} of its run {run} is none")]
    Record {
        /// Position of the run.
        run: usize,
        /// The record's index in its log.
        index: u64,
    },
}

/// A failure around a snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The ledger that it is made from or restored into.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file.
    #[error("{}: {doing} failed: {cause}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What was done.
        doing: &'static str,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A height without a certified result, or without two windows of certified blocks before it.
    #[error("no snapshot can be made of height {height}: {what}")]
    Height {
        /// The height.
        height: Height,
        /// Why.
        what: &'static str,
    },
    /// The manifest is not that of a snapshot of the genesis' chain.
    #[error("the snapshot's manifest is refused: {0}")]
    Manifest(#[from] BadManifest),
    /// A piece is not what it should be.
    #[error("piece {piece} of the snapshot is refused: {cause}")]
    Piece {
        /// Which.
        piece: Piece,
        /// Why.
        cause: BadPiece,
    },
    /// A piece is missing.
    #[error("piece {piece} of the snapshot is missing")]
    Missing {
        /// Which.
        piece: Piece,
    },
    /// More bytes than a snapshot may have.
    #[error("{what} of {bytes} bytes, at most {max} are allowed")]
    TooLarge {
        /// What.
        what: &'static str,
        /// Its bytes.
        bytes: usize,
        /// Most that are allowed.
        max: usize,
    },
}

impl From<crate::store::StoreError> for SnapshotError {
    fn from(cause: crate::store::StoreError) -> Self {
        Self::Ledger(cause.into())
    }
}
