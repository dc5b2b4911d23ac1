//! Answers of the walk. Each says up to which record it looked and whether anything was left out.

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

/// What bounds an answer that is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Truncated {
    /// More records and logs would have to be read.
    Reads,
    /// More would have to be listed.
    Items,
}

/// What happened to an item.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct History {
    /// The item, canonical.
    pub item: String,
    /// Records looked at: those before this sequence number.
    pub position: u64,
    /// The events, by instant and then by sequence number.
    pub events: Vec<Step>,
    /// The places of these events, in the order they were first visited.
    pub locations: Vec<String>,
    /// Set if events may be missing.
    pub truncated: Option<Truncated>,
}

/// One event of a history.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Step {
    /// Number of its record.
    pub sequence: u64,
    /// The submitter's name for it.
    pub event_id: Option<String>,
    /// SHA-256 of its canonical bytes.
    pub hash: [u8; 32],
    /// When it happened, milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// Type of the event, in the standard's words.
    pub kind: String,
    /// Action, empty for a transformation.
    pub action: String,
    /// Business step, empty if there is none.
    pub step: String,
    /// Disposition, empty if there is none.
    pub disposition: String,
    /// Where it happened.
    pub read_point: Option<String>,
    /// Where the things are afterwards.
    pub location: Option<String>,
    /// The container of the item that the event names, where it does not name the item itself.
    pub through: Option<String>,
    /// The account that submitted it.
    pub submitter: String,
    /// Height of the block that captured it.
    pub height: u64,
    /// Time of that block, milliseconds since 1970 UTC.
    pub recorded_ms: u64,
}

/// Where something comes from or went to.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lineage {
    /// The item, canonical.
    pub item: String,
    /// Records looked at: those before this sequence number.
    pub position: u64,
    /// Instances, lots and classes, sorted; the item itself is not among them.
    pub products: Vec<String>,
    /// Logistic units and assets, sorted.
    pub containers: Vec<String>,
    /// Set if some may be missing.
    pub truncated: Option<Truncated>,
}

/// What is in a container.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Contents {
    /// The container, canonical.
    pub item: String,
    /// Records looked at: those before this sequence number.
    pub position: u64,
    /// What is inside, sorted.
    pub inside: Vec<String>,
    /// What is fixed to it, sorted.
    pub fixed: Vec<String>,
    /// Set if some may be missing.
    pub truncated: Option<Truncated>,
}

/// What has to be recalled because of an item.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Recall {
    /// The item, canonical.
    pub item: String,
    /// Records looked at: those before this sequence number.
    pub position: u64,
    /// Everything made from it or belonging to it, sorted.
    pub products: Vec<String>,
    /// Every container that one of these was ever in, sorted.
    pub containers_ever: Vec<String>,
    /// For each instance, where it was last said to be.
    pub last_known: Vec<LastKnown>,
    /// Set if some may be missing.
    pub truncated: Option<Truncated>,
}

/// Where an instance was last said to be.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LastKnown {
    /// The instance.
    pub item: String,
    /// The place, if any event names one.
    pub location: Option<String>,
    /// When, milliseconds since 1970 UTC.
    pub time_ms: Option<i64>,
}
