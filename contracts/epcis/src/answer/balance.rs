//! How much of something came to be, was used up, was disposed of, and should be left.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Truncated, told};
use crate::decimal::Decimal;

told! {
    /// The mass balance of a lot, a class or an instance.
    pub struct MassBalance {
        /// The item, canonical.
        #[cfg_attr(feature = "serde", serde(rename = "canonical"))]
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// Amounts, one row for each dimension that some of it came to be in; one that only went away in one dimension has
        /// that row.
        pub amounts: Vec<Amounts>,
        /// The instances of a lot; absent if none is said to belong to it.
        pub instances: Option<Instances>,
        /// What is in no row, and why.
        pub incomparable: Vec<Incomparable>,
        /// Whether all records were counted.
        pub complete: bool,
        /// Which bound cut it short.
        pub truncated: Option<Truncated>,
    }

    /// Amounts of one dimension, exact, in one unit: that in which the first of it came to be, or, where an amount is no
    /// decimal number in that one, the base unit of the dimension.
    pub struct Amounts {
        /// The unit, a UN/ECE Recommendation 20 code; empty for pieces.
        pub uom: String,
        /// What came to be: objects added, and outputs of transformations.
        pub created: Decimal,
        /// Inputs of transformations.
        pub consumed: Decimal,
        /// Objects deleted.
        pub disposed: Decimal,
        /// What should be left: created less consumed and disposed; below zero if more went than came.
        pub remaining: Decimal,
        /// How much more went than came.
        pub over_consumed: Decimal,
    }

    /// The instances of a lot, by number.
    pub struct Instances {
        /// Instances that are said to belong to it.
        pub created: u64,
        /// Those of them that went into transformations.
        pub consumed: u64,
        /// Those of them that were deleted and not consumed.
        pub disposed: u64,
    }

    /// An amount that cannot be counted with the others.
    pub struct Incomparable {
        /// Number of the event's record.
        pub sequence: u64,
        /// The submitter's name for the event.
        #[cfg_attr(feature = "serde", serde(rename = "eventID"))]
        pub event_id: Option<String>,
        /// What would have been counted: `created`, `consumed` or `disposed`.
        pub flow: String,
        /// The amount, if the event says one.
        pub quantity: Option<Decimal>,
        /// Its unit.
        pub uom: String,
        /// Why it is not counted.
        pub reason: String,
    }
}
