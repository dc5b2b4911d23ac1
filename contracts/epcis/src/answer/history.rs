//! What happened to an item, and what was odd about it.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Hash, Truncated, answers};

answers! {
    /// What happened to an item.
    pub struct History {
        /// The item, canonical.
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// The events, by instant and then by sequence number.
        pub events: Vec<Step>,
        /// The places of these events, in the order they were first visited.
        pub locations: Vec<String>,
        /// Rules of the registers that these events broke for the item, by sequence number.
        pub anomalies: Vec<Anomaly>,
        /// Set if events may be missing.
        pub truncated: Option<Truncated>,
    }

    /// A part of a history.
    pub struct HistoryPage {
        /// The events of this part, their places and what they broke. It says truncated if events may be missing that
        /// no later part brings.
        pub history: History,
        /// What to give for the next part; none if this is the last.
        pub next: Option<After>,
    }

    /// A place in a history: right after an event.
    #[derive(Copy)]
    pub struct After {
        /// When the event happened, milliseconds since 1970 UTC.
        pub time_ms: i64,
        /// Number of its record.
        pub sequence: u64,
    }

    /// One event of a history.
    pub struct Step {
        /// Number of its record.
        pub sequence: u64,
        /// The submitter's name for it.
        pub event_id: Option<String>,
        /// SHA-256 of its canonical bytes.
        pub hash: Hash,
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

    /// Rules of the registers that events broke, in the order of capture.
    pub struct Anomalies {
        /// Those asked for, as far as one answer holds.
        pub anomalies: Vec<Anomaly>,
        /// How many there are in all.
        pub count: u64,
    }

    /// A rule of the registers that a lenient policy let an event break.
    pub struct Anomaly {
        /// The record that breaks it.
        pub sequence: u64,
        /// The rule's name.
        pub rule: String,
        /// The object it is broken for.
        pub item: String,
        /// What is wrong.
        pub reason: String,
    }
}
