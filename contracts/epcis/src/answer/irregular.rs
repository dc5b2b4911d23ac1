//! What does not fit, over a span of records.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Truncated, told};

told! {
    /// What does not fit in the events of a span of records.
    pub struct AnomalyReport {
        /// The first record that was looked at.
        pub since: u64,
        /// Records looked at end before this sequence number; those before `since` are read where these need them.
        pub position: u64,
        /// What does not fit, by record.
        pub anomalies: Vec<Irregularity>,
        /// Give it as `since` for the next span; absent where nothing follows.
        pub next: Option<u64>,
        /// Whether nothing is missing and nothing follows.
        pub complete: bool,
        /// Which bound cut it short, so that something of the span may be missing.
        pub truncated: Option<Truncated>,
    }

    /// Something that does not fit.
    pub struct Irregularity {
        /// Number of the event's record.
        pub sequence: u64,
        /// The submitter's name for the event.
        #[cfg_attr(feature = "serde", serde(rename = "eventID"))]
        pub event_id: Option<String>,
        /// Stable name of the rule: `containment.two`, `quantity.over-consumed`, `quantity.unit`,
        /// `object.commissioned-twice`, `travel.speed`, `dwell.outlier`, `custody.gap`, `custody.unsettled`.
        pub rule: String,
        /// The thing that it is broken for.
        pub item: String,
        /// What is wrong, with the values found.
        pub reason: String,
    }
}
