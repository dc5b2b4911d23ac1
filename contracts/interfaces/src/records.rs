//! Records: what events on the ledger say of a thing, in the few words that other contracts need.

use countersign_contract::prelude::*;

/// A keeper of events.
#[interface]
pub trait Records {
    /// What the event of a name says of a thing that it names. None if no such event stands, if it is void, or if it
    /// does not name the thing.
    #[view]
    fn sighting(&self, event_id: String, item: String) -> Result<Option<Sighting>, Unreadable>;
}

/// A thing was where an event says.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Sighting {
    /// Number of the event's record.
    pub sequence: u64,
    /// Organisation that recorded it.
    pub organisation: String,
    /// When it happened, as the event says: milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// When it was recorded, by the block's time.
    pub recorded_ms: u64,
    /// The business step in the standard's word (`receiving`), empty if there is none.
    pub step: String,
    /// Where the thing is afterwards, canonical; where it was seen if that is not said; empty if neither is.
    pub place: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum Unreadable {
    /// The thing's identifier is none.
    Identifier {
        /// What is wrong with it.
        reason: String,
    },
    /// A register does not hold what was written.
    Damaged {
        /// What cannot be read.
        what: String,
    },
}
