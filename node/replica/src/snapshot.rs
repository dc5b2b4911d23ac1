//! Joining by snapshot: what is asked of whom, and what is believed.
//!
//! [`Join`] runs before there is a ledger. It asks all peers which snapshots they have, takes the one that most offer,
//! fetches its manifest from one peer, and then its pieces from all that have it, a bounded number at once. Everything is
//! checked when it comes ([`countersign_ledger::snapshot`]), so a wrong manifest or piece is its sender's fault, who is
//! accused and asked no more; silence is no fault, but whoever is silent is asked less. What was kept survives a restart
//! ([`Join::resume`], [`Join::recall`]).
//!
//! As for the replica, facts and the time go in and orders come out; files, sockets and clocks are the shell's. Memory is
//! bounded: [`OPEN_CUTS_MAX`](crate::limits::OPEN_CUTS_MAX) subtrees are open at a time, and pieces pass through.

mod fetch;
mod join;
mod order;
mod peer;

pub use join::Join;
pub use order::{JoinFact, JoinOrder, JoinProgress};

use borsh::{BorshDeserialize, BorshSerialize};
use countersign_ledger::snapshot::{BadManifest, BadPiece, Piece};
use countersign_types::{Hash, Height};

/// A snapshot that a peer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Offer {
    /// Its height.
    pub height: Height,
    /// Its name.
    pub snapshot: Hash,
    /// Parts of the peer's manifest.
    pub manifest_parts: u32,
}

/// What a peer sent that it should not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Accusation {
    /// A manifest that is refused.
    #[error("its manifest of snapshot {snapshot} is refused: {cause}")]
    Manifest {
        /// The snapshot that it was asked for.
        snapshot: Hash,
        /// Why.
        cause: BadManifest,
    },
    /// The manifest of another snapshot than it was asked for.
    #[error("its manifest of snapshot {snapshot} is that of another")]
    Other {
        /// The snapshot that it was asked for.
        snapshot: Hash,
    },
    /// A piece that is not what it should be.
    #[error("piece {piece} is refused: {cause}")]
    Piece {
        /// Which.
        piece: Piece,
        /// Why.
        cause: BadPiece,
    },
    /// A snapshot that nobody can have made.
    #[error("it offers snapshot {snapshot}, whose layout is no snapshot's")]
    Layout {
        /// Which.
        snapshot: Hash,
    },
}
