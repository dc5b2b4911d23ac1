//! What is in a container at an instant.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Contents, Moment, Truncated, told};

told! {
    /// What is in a container after everything that happened up to an instant.
    pub struct Held {
        /// The container, canonical.
        #[cfg_attr(feature = "serde", serde(rename = "canonical"))]
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// The instant, by time of events.
        pub time: Moment,
        /// Canonical identifiers of what is inside, sorted.
        pub contents: Vec<String>,
        /// Canonical identifiers of what is fixed to it, sorted.
        pub fixed: Vec<String>,
        /// Whether this is all.
        pub complete: bool,
        /// Which bound cut it short.
        pub truncated: Option<Truncated>,
    }
}

impl Held {
    /// The contents at an instant, in milliseconds since 1970 UTC.
    #[must_use]
    pub fn of(contents: Contents, at_ms: i64) -> Self {
        let Contents { item, position, inside, fixed, truncated } = contents;
        let complete = truncated.is_none();
        Self { item, position, time: Moment(at_ms), contents: inside, fixed, complete, truncated }
    }
}
