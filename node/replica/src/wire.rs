//! Messages between replicas, as they travel on direct streams. One borsh enum for each class.

use crate::heal::StatePlace;
use crate::limits::{FETCH_BYTES_MAX, SYNC_MESSAGE_BYTES_MAX};
use crate::snapshot::Offer;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_consensus::Message;
use countersign_ledger::snapshot::{Piece as SnapshotPiece, StatePiece};
use countersign_ledger::{LedgerError, LogRun, Reader, Store};
use countersign_types::codec::{self, DecodeError};
use countersign_types::{
    Address, Block, Certificate, Epoch, EpochEnd, ExecutionResult, Hash, Height, Receipt, SignedOverride,
};

/// Where a message queues. Consensus goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Agreement, and the transactions that a vote waits for.
    Consensus,
    /// Catching up.
    Sync,
}

/// What replicas say to each other.
// Nearly all of them are consensus messages: a box for each would cost more than it saves.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Wire {
    /// A message of the consensus engine.
    Consensus {
        /// The sender's epoch.
        epoch: Epoch,
        /// The message.
        message: Message,
    },
    /// "Send me these transactions", by the hashes of their signed bytes.
    TransactionsWanted(Vec<Hash>),
    /// Signed bytes of transactions.
    Transactions(Vec<Vec<u8>>),
    /// "Send me certified blocks from this height on."
    BlocksWanted {
        /// The first height.
        from: Height,
    },
    /// Certified blocks in order; empty if there are none.
    Blocks {
        /// Newest height the sender has a result certificate for.
        certified: Height,
        /// The blocks.
        blocks: Vec<CertifiedBlock>,
    },
    /// "Send me this of a height again; my disk has lost it."
    RecordWanted {
        /// The height.
        height: Height,
        /// What of it.
        part: Part,
    },
    /// What was asked for of a height.
    Record {
        /// The height.
        height: Height,
        /// It, as far as it is there.
        piece: Piece,
    },
    /// "Which snapshots do you have?"
    SnapshotsWanted,
    /// Snapshots that can be fetched; empty if there are none.
    Snapshots(Vec<Offer>),
    /// "Send me a piece of a snapshot."
    SnapshotPieceWanted {
        /// Which snapshot.
        snapshot: Hash,
        /// Which piece.
        piece: SnapshotPiece,
    },
    /// A piece of a snapshot.
    SnapshotPiece {
        /// Which snapshot.
        snapshot: Hash,
        /// Which piece.
        piece: SnapshotPiece,
        /// Its bytes; none if it is not there.
        bytes: Option<Vec<u8>>,
    },
    /// The first of the blocks that were asked for is not kept here any more.
    BlocksGone {
        /// The first that is.
        oldest: Height,
    },
    /// "Send me what stands at these places of the state, as it was after a height or is now; my disk has lost it."
    StateWanted {
        /// The height.
        height: Height,
        /// The places.
        places: Vec<StatePlace>,
    },
    /// What was asked for of the state.
    State {
        /// For each place, in order, all entries below it; none if they are not there or too many. The last places may
        /// be left out.
        pieces: Vec<Option<StatePiece>>,
    },
    /// "Send me records of a contract's log; my disk has lost them."
    LogWanted {
        /// The contract.
        contract: Address,
        /// The log's key.
        key: Vec<u8>,
        /// How many records the log has here: they are to be proven under its range with so many.
        count: u64,
        /// Index of the first record wanted.
        start: u64,
    },
    /// Records of a log, as many as a run has; none if they are not there.
    Log(Option<LogRun>),
}

/// A part of a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Part {
    /// The block with its certificates.
    Block,
    /// Receipts of its transactions.
    Receipts {
        /// Position of the first one.
        from: u32,
    },
}

/// What a peer has of a [`Part`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Piece {
    /// The block; none if the peer has not got it.
    Block(Option<Box<CertifiedBlock>>),
    /// Receipts in order, as many as a message holds; none if the peer has not got them.
    Receipts {
        /// Position of the first one.
        from: u32,
        /// The receipts.
        receipts: Vec<Receipt>,
    },
}

/// A block that proves itself by its result certificate.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CertifiedBlock {
    /// The block.
    pub block: Block,
    /// Signed bytes of its transactions, in order.
    pub transactions: Vec<Vec<u8>>,
    /// The COMMIT certificate that finalised it: its own or a descendant's.
    pub finality: Certificate,
    /// What executing it gives.
    pub result: ExecutionResult,
    /// The quorum under the result.
    pub certificate: Certificate,
    /// What was decreed about its transactions.
    pub overrides: Vec<SignedOverride>,
    /// The order that its epoch began by, with the first block of one that did.
    pub restart: Option<Box<EpochEnd>>,
}

impl CertifiedBlock {
    /// The block at a height of a ledger; `None` if it is not there or its result not certified.
    ///
    /// # Errors
    /// What is damaged, or the store's.
    pub fn read<S: Store>(reader: &Reader<S>, height: Height) -> Result<Option<Self>, LedgerError> {
        let (Some((block, transactions)), Some(finality)) = (reader.signed_block(height)?, reader.finality(height)?)
        else {
            return Ok(None);
        };
        let (Some(result), Some(certificate)) = (reader.result(height)?, reader.result_certificate(height)?) else {
            return Ok(None);
        };
        let overrides = reader.overrides(height)?;
        let begins = reader.epoch(block.header.epoch)?.is_some_and(|(origin, _)| origin.next() == height);
        let restart = if begins { reader.restart(block.header.epoch)?.map(Box::new) } else { None };
        Ok(Some(Self { block, transactions, finality, result, certificate, overrides, restart }))
    }

    /// How many bytes it takes in an answer.
    #[must_use]
    pub fn bytes(&self) -> usize {
        borsh::object_length(self).unwrap_or(usize::MAX)
    }
}

impl Wire {
    /// The class it travels in.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Consensus { .. } | Self::TransactionsWanted(_) | Self::Transactions(_) => Class::Consensus,
            Self::BlocksWanted { .. }
            | Self::Blocks { .. }
            | Self::RecordWanted { .. }
            | Self::Record { .. }
            | Self::SnapshotsWanted
            | Self::Snapshots(_)
            | Self::SnapshotPieceWanted { .. }
            | Self::SnapshotPiece { .. }
            | Self::BlocksGone { .. }
            | Self::StateWanted { .. }
            | Self::State { .. }
            | Self::LogWanted { .. }
            | Self::Log(_) => Class::Sync,
        }
    }
    /// The bytes that travel.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }
    /// Decodes strictly, within the limit of the class it came in.
    ///
    /// # Errors
    /// [`DecodeError`], also for a message of another class.
    pub fn from_bytes(bytes: &[u8], class: Class) -> Result<Self, DecodeError> {
        let max = class.bytes_max();
        let wire: Self = codec::decode(bytes, max)?;
        if wire.class() == class { Ok(wire) } else { Err(DecodeError::Malformed { what: "a message of this class" }) }
    }
}

impl Class {
    /// Largest message.
    #[must_use]
    pub fn bytes_max(self) -> usize {
        match self {
            // Transactions that a vote waits for are the largest; names of a block are 320 KB.
            Self::Consensus => FETCH_BYTES_MAX + (2 << 20),
            Self::Sync => SYNC_MESSAGE_BYTES_MAX,
        }
    }
}
