//! What an engine orders.

use crate::message::Message;
use crate::record::Record;
use countersign_types::{Block, Certificate, Evidence, ExecutionResult, Hash, Height, TimestampMs, View, Vote};

/// An order of the engine, to be carried out in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Append the record to the vote journal; tell [`crate::Event::Persisted`] once it is synced.
    Persist {
        /// Number of the entry, one more than the one before.
        entry: u64,
        /// What to write.
        record: Record,
    },
    /// Send, but not before journal entry `after` is on disk (0: at once).
    Send {
        /// To whom.
        to: Target,
        /// What.
        message: Message,
        /// The entry that must be durable first.
        after: u64,
    },
    /// Build a block and answer [`crate::Event::Proposed`]. It may be empty.
    Propose(Propose),
    /// Check the payload of a block whose header is in order, fetch what is missing, append it to
    /// the journal, then answer [`crate::Event::Validated`]. All ancestors are held.
    Validate {
        /// The block. It names each transaction once and its header commits to them.
        block: Block,
        /// Ancestors above the last executed height, nearest first: what they name may not be
        /// named again.
        ancestors: Vec<Hash>,
    },
    /// The block is final: execute and store it. In height order, each once; its payload is held.
    Finalise {
        /// The block.
        block: Block,
        /// COMMIT certificate of it or of a descendant.
        certificate: Certificate,
    },
    /// A quorum signed the result of a height that was executed here. Each height once, rising
    /// except when an older certificate arrives late.
    Certify {
        /// The result.
        result: ExecutionResult,
        /// The result certificate.
        certificate: Certificate,
    },
    /// The epoch's last block and all before it are executed and certified: this engine has nothing
    /// more to do. Once, and the last order but for answers to peers.
    EpochEnds {
        /// Height of the last block.
        height: Height,
    },
    /// A validator contradicted itself. Each case once.
    Evidence(Evidence),
    /// The chain has come further than single blocks can be fetched: catch up from the ledgers of
    /// peers. Repeated at intervals while it holds.
    Behind {
        /// A height that is known to be agreed elsewhere.
        height: Height,
        /// Who told so.
        peer: u16,
    },
    /// The node must stop: going on could harm it or others.
    Stop(Stop),
    /// Send [`crate::Event::Tick`] at this time. Replaces the earlier one.
    WakeAt(TimestampMs),
}

/// What to build a block from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propose {
    /// The view, for the header and the answer.
    pub view: View,
    /// Hash of the parent.
    pub parent: Hash,
    /// Height of the parent; the block's is one more.
    pub parent_height: Height,
    /// The block's time must be later. The clock given with the event is past it.
    pub time_after: TimestampMs,
    /// The parent and its ancestors above the last executed height, nearest first: what they name
    /// may not be named again.
    pub ancestors: Vec<Hash>,
    /// For the header's `result`.
    pub result: Hash,
}

/// Receivers of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Every validator but this one.
    All,
    /// One validator.
    One(u16),
}

/// Why a node must stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// More validators than can be faulty agree on a result that is not this node's.
    Diverged {
        /// What this node computed.
        own: ExecutionResult,
        /// CHECKPOINT votes of others for one and the same other result; empty if a certificate says so.
        others: Vec<Vote>,
        /// The result certificate, if there is one.
        certificate: Option<Certificate>,
    },
    /// Executing the same block again gave something else than what this node signed before.
    Unstable {
        /// What it computed now.
        own: ExecutionResult,
        /// What it signed.
        signed: Vote,
    },
    /// A quorum finalised a block that this node's validation refuses.
    Refused {
        /// The block.
        block: Hash,
        /// The COMMIT certificate of it or of a descendant.
        certificate: Certificate,
    },
    /// Two blocks that do not extend each other are final: more than f validators are faulty.
    Fork {
        /// Height that is final here.
        height: Height,
        /// The block that is final here.
        ours: Hash,
        /// A certificate for a block that does not extend it.
        certificate: Certificate,
    },
}
