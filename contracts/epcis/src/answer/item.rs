//! One item: where it is by whose word, who has it and who owns it, and whether it is what it says it is.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Handed, LastSeen, Moment, Truncated, told};

told! {
    /// Where an item is and who said so, who has it and who owns it.
    pub struct Whereabouts {
        /// The item, canonical.
        #[cfg_attr(feature = "serde", serde(rename = "canonical"))]
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// The instant that is asked about, by time of events.
        pub time: Moment,
        /// The last event until then that says a place, and the organisation that recorded it.
        pub last_known: Option<LastSeen>,
        /// Who has it: the last hand-over of custody until then that takes effect. Absent if it was never handed over: then there
        /// is only what was recorded last.
        pub holder: Option<Handed>,
        /// Who owns it: the last hand-over of ownership until then that takes effect.
        pub owner: Option<Handed>,
        /// Hand-overs since these that take no effect: `pending`, `expired` (both as of that instant), `refused`, or `oneSided`
        /// to a party that no organisation acts for, by one who did not have it. The latest first.
        pub open: Vec<Handed>,
        /// The last events until then that name a party to possess or to own it, as their submitters say.
        pub declared: Vec<Declared>,
        /// Whether all records were looked at.
        pub complete: bool,
        /// Which bound cut it short.
        pub truncated: Option<Truncated>,
    }

    /// A party that an event names as a destination. Whether it agrees is not said here.
    pub struct Declared {
        /// `possessing_party` or `owning_party`.
        pub role: String,
        /// The party, canonical.
        pub party: String,
        /// When the event happened.
        pub time: Moment,
        /// Number of its record.
        pub sequence: u64,
        /// The organisation that recorded it.
        pub recorded_by: String,
        /// The container of the item that the event names, where it does not name the item itself.
        pub through: Option<String>,
    }

    /// Whether an item is what it says it is.
    pub struct Verification {
        /// The item, canonical.
        #[cfg_attr(feature = "serde", serde(rename = "canonical"))]
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// Whether valid records commission it, agree with all that was asked, and do not end it.
        pub verified: bool,
        /// Why: one of [`crate::walk::reason`].
        pub reason: String,
        /// The same in a sentence.
        pub explanation: String,
        /// The record that says that it came to be.
        pub commissioned: Option<Said>,
        /// The record that says that it came to its end: deleted, or used up in a transformation.
        pub ended: Option<Said>,
        /// The lots that valid records say it belongs to, percent-encoded as in a canonical link.
        pub lots: Vec<String>,
        /// The expiry that the record of its commissioning says, as written there.
        pub expiry: Option<String>,
        /// Its last disposition, empty if none was said.
        pub disposition: String,
        /// Persistent dispositions that hold, sorted.
        pub persistent: Vec<String>,
        /// Where it was last said to be.
        pub last_known: Option<LastSeen>,
        /// Whether all records were looked at.
        pub complete: bool,
        /// Which bound cut it short.
        pub truncated: Option<Truncated>,
    }

    /// A record that says something.
    pub struct Said {
        /// Its number.
        pub sequence: u64,
        /// When the event happened.
        pub time: Moment,
        /// The organisation that recorded it.
        pub recorded_by: String,
    }
}
