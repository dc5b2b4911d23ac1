//! All that was ever recorded under one event's name.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Digest, Moment, told};

told! {
    /// All records of an event: itself and its error declarations, void ones included.
    pub struct AuditTrail {
        /// The eventID, or the hash of an event that has none.
        #[cfg_attr(feature = "serde", serde(rename = "eventID"))]
        pub event_id: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// The records, in the order of capture; none if it was never seen.
        pub records: Vec<TrailRecord>,
        /// Whether the event is declared to be in error.
        pub voided: bool,
        /// The events named as its corrections, on the ledger or not.
        pub corrected_by: Vec<String>,
    }

    /// One of them.
    pub struct TrailRecord {
        /// Its number.
        pub sequence: u64,
        /// Hash of the event's canonical bytes.
        pub hash: Digest,
        /// `ObjectEvent` and so on.
        #[cfg_attr(feature = "serde", serde(rename = "type"))]
        pub kind: String,
        /// When the event happened.
        pub event_time: Moment,
        /// The account that submitted it, `organisation/name`.
        pub submitter: String,
        /// Height of the block that captured it.
        pub height: u64,
        /// Time of that block.
        pub record_time: Moment,
        /// The transaction that captured it.
        pub transaction: Digest,
        /// When it declares the event to be in error: the moment of the declaration.
        pub declared: Option<Moment>,
        /// Why, in the vocabulary's word, if it says so.
        pub reason: Option<String>,
        /// Number of the error declaration that voids it.
        pub voided_by: Option<u64>,
    }
}
