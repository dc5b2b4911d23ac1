//! Readings of sensors out of bounds, and what they affect.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Moment, Truncated, told};
use crate::decimal::Decimal;

told! {
    /// Readings of one kind out of bounds, and what was where they were taken.
    pub struct Excursions {
        /// What is measured, in the standard's word.
        pub kind: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// The readings that affect something, by time.
        pub readings: Vec<Reading>,
        /// The readings that were taken where nothing is recorded to have been, by time.
        pub alone: Vec<Reading>,
        /// Products that were where such a reading was taken, when it was taken, sorted.
        pub affected: Vec<Affected>,
        /// Logistic units and assets of which the same is so, sorted.
        pub containers: Vec<Affected>,
        /// Readings of the kind that cannot be compared with the bounds.
        pub incomparable: Vec<Unjudged>,
        /// Whether all readings were looked at.
        pub complete: bool,
        /// Which bound cut it short.
        pub truncated: Option<Truncated>,
    }

    /// A reading out of bounds.
    pub struct Reading {
        /// Number of the event's record.
        pub sequence: u64,
        /// The submitter's name for the event.
        #[cfg_attr(feature = "serde", serde(rename = "eventID"))]
        pub event_id: Option<String>,
        /// When it was taken, or the beginning of the interval that it covers.
        pub time: Moment,
        /// The end of the interval that it covers.
        pub until: Option<Moment>,
        /// The device, canonical, if the event names one.
        pub device: Option<String>,
        /// Which value is out of bounds: `value`, `minValue`, `maxValue` or `meanValue`.
        pub measured: String,
        /// That value.
        pub value: Decimal,
        /// Its unit.
        pub uom: String,
        /// How many products it affects.
        pub products: u64,
    }

    /// A thing that readings out of bounds affect.
    pub struct Affected {
        /// The thing.
        pub item: String,
        /// Time of the first of them.
        pub first: Moment,
        /// Time of the last of them.
        pub last: Moment,
        /// How many there are.
        pub readings: u64,
    }

    /// A reading that cannot be judged.
    pub struct Unjudged {
        /// Number of the event's record.
        pub sequence: u64,
        /// The submitter's name for the event.
        #[cfg_attr(feature = "serde", serde(rename = "eventID"))]
        pub event_id: Option<String>,
        /// When it was taken.
        pub time: Moment,
        /// Its unit, empty if it says none.
        pub uom: String,
    }
}
