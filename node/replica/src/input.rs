//! What goes into a replica and what comes out.

use crate::guard::Attempt;
use crate::mempool::Refused;
use crate::wire::Wire;
use countersign_consensus::Target;
use countersign_types::{Epoch, Hash, Height, SignedTransaction, TimestampMs, ValidatorSet, VerifiedTransaction};
use std::sync::Arc;

/// A fact for the replica.
// Nearly all of them are messages: a box for each would cost more than it saves.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// A validator's message, decoded within its limits.
    Received {
        /// Index of the peer that the stream belongs to.
        from: u16,
        /// The message.
        message: Wire,
    },
    /// Messages can be sent to a validator that was not connected before.
    Connected {
        /// Its index.
        peer: u16,
    },
    /// Peers that are no validators and can be asked for blocks. Their indexes follow those of the validators.
    Guests {
        /// How many there are.
        count: u16,
    },
    /// Transactions whose shape and signatures were checked.
    Transactions {
        /// The transactions.
        transactions: Vec<Arc<VerifiedTransaction>>,
        /// Where they came from.
        source: Source,
    },
    /// Whether there is room on the disk for what is to be written. While there is none nothing else is heard, so that
    /// nothing is signed and no write fails: peers say it again, and clients are told to come again.
    Room {
        /// Whether there is.
        enough: bool,
    },
    /// Every journal entry up to this one is durable.
    Persisted {
        /// Its number.
        entry: u64,
    },
}

/// Where transactions came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A client of this node; the ticket comes back in [`Output::Admitted`].
    Client {
        /// Names the request.
        ticket: u64,
    },
    /// Gossip.
    Gossip,
    /// A peer that was asked for them.
    Fetched,
}

/// An order of the replica.
#[derive(Debug)]
pub enum Output {
    /// Append these bytes to the vote journal, and sync it before anything below is sent.
    Persist {
        /// The engine's number, none for a payload.
        entry: Option<u64>,
        /// The record.
        bytes: Vec<u8>,
    },
    /// Replace the whole journal by these records, atomically and durably.
    Rotate {
        /// The records.
        records: Vec<Vec<u8>>,
    },
    /// Send a message once journal entry `after` is durable.
    Send {
        /// To whom.
        to: Target,
        /// What.
        message: Wire,
        /// The entry; 0 for none.
        after: u64,
    },
    /// Gossip transactions of clients to all validators.
    Gossip {
        /// Their signed bytes.
        transactions: Vec<Arc<VerifiedTransaction>>,
    },
    /// Check shape and signatures of transactions that were asked for, and hand them back as
    /// [`Source::Fetched`].
    Verify {
        /// The transactions.
        transactions: Vec<SignedTransaction>,
    },
    /// What became of a client's transactions, in their order.
    Admitted {
        /// The request.
        ticket: u64,
        /// For each: its id, or why it was refused.
        verdicts: Vec<Result<Hash, Refused>>,
    },
    /// A client's transactions were not looked at, since there is no room on the disk.
    Declined {
        /// The request.
        ticket: u64,
    },
    /// A block was executed and is durable.
    Committed {
        /// Its height.
        height: Height,
        /// Ids of its transactions, and of the scheduled calls that it ran.
        transactions: Vec<Hash>,
    },
    /// Damaged rows of a height were written anew from what peers sent.
    Mended {
        /// The height.
        height: Height,
    },
    /// Peers no longer keep the next block: this node cannot catch up block by block. Once, until it can.
    Stranded {
        /// The block that it needs.
        needs: Height,
        /// The first that they have.
        oldest: Height,
    },
    /// Its result is certified: receipts up to here are final and provable.
    Certified {
        /// Its height.
        height: Height,
    },
    /// A final block is not executed, since it stopped this node twice: nothing is executed from here on until an
    /// override for it comes. Once for each block.
    Halted {
        /// The block, and how many of its transactions are overridden.
        attempt: Attempt,
    },
    /// Transactions that expired without being included.
    Expired {
        /// Their ids.
        transactions: Vec<Hash>,
    },
    /// The next epoch has begun: these are its validators.
    Epoch {
        /// Its number.
        epoch: Epoch,
        /// Its set.
        validators: ValidatorSet,
    },
    /// A validator signed two statements that exclude each other.
    Equivocation {
        /// Who did.
        signer: u16,
        /// What they signed, for people.
        text: String,
    },
    /// Call again with [`Input::Tick`] at this time at the latest.
    WakeAt(TimestampMs),
    /// Stop this node: it can no longer be sure of being right. Nothing may be sent afterwards.
    Stop(crate::ReplicaError),
}
