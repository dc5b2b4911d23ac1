//! What the joiner is told, and what it orders.

use super::{Accusation, Offer};
use countersign_ledger::snapshot::Piece;
use countersign_types::{Hash, Height, TimestampMs};

/// A fact for the joiner.
#[derive(Debug, Clone)]
pub enum JoinFact {
    /// Time has passed.
    Tick,
    /// A peer can be asked.
    Connected {
        /// Its index.
        peer: u16,
    },
    /// It no longer can.
    Disconnected {
        /// Its index.
        peer: u16,
    },
    /// Which snapshots a peer has.
    Offers {
        /// Its index.
        peer: u16,
        /// The snapshots.
        offers: Vec<Offer>,
    },
    /// A piece that a peer was asked for.
    Piece {
        /// Its index.
        peer: u16,
        /// Of which snapshot.
        snapshot: Hash,
        /// Which piece.
        piece: Piece,
        /// Its bytes; none if the peer does not have it.
        bytes: Option<Vec<u8>>,
    },
}

/// An order of the joiner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinOrder {
    /// Ask a peer which snapshots it has.
    AskOffers {
        /// Its index.
        peer: u16,
    },
    /// Ask a peer for a piece.
    AskPiece {
        /// Its index.
        peer: u16,
        /// Of which snapshot.
        snapshot: Hash,
        /// Which piece.
        piece: Piece,
    },
    /// Throw away what was kept of another snapshot; what follows is of this one.
    Begin {
        /// The snapshot.
        snapshot: Hash,
        /// Its height.
        height: Height,
    },
    /// Keep a piece that was checked.
    Keep {
        /// Which.
        piece: Piece,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A peer sent what is wrong; it is asked no more.
    Accuse {
        /// Its index.
        peer: u16,
        /// What it sent.
        what: Accusation,
    },
    /// All pieces are kept: restore them.
    Done,
    /// No snapshot can be had: begin with the genesis, and fetch blocks.
    ByBlocks,
    /// Call again with [`JoinFact::Tick`] at this time at the latest.
    WakeAt(TimestampMs),
}

/// How far joining has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JoinProgress {
    /// Height of the snapshot, 0 while none is chosen.
    pub height: Height,
    /// Pieces kept.
    pub kept: u64,
    /// Pieces that there are, 0 while that is not known.
    pub pieces: u64,
    /// Bytes of the pieces kept.
    pub bytes: u64,
    /// Peers that are connected and not accused.
    pub peers: u64,
    /// Peers that were accused.
    pub accused: u64,
}
