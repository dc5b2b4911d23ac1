//! Answers of the walk as the contract's interface describes them. They encode as
//! [`countersign_epcis::answer`] does, so a client may decode either.

use alloc::string::String;
use alloc::vec::Vec;

use countersign_contract::{ContractType, Hash};
use countersign_epcis::answer;

/// What bounds an answer that is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractType)]
pub enum Truncated {
    /// More records and logs would have to be read.
    Reads,
    /// More would have to be listed.
    Items,
}

/// What happened to an item.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
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
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
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

/// Where something comes from or went to.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
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
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
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
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
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
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct LastKnown {
    /// The instance.
    pub item: String,
    /// The place, if any event names one.
    pub location: Option<String>,
    /// When, milliseconds since 1970 UTC.
    pub time_ms: Option<i64>,
}

impl From<answer::Truncated> for Truncated {
    fn from(from: answer::Truncated) -> Self {
        match from {
            answer::Truncated::Reads => Self::Reads,
            answer::Truncated::Items => Self::Items,
        }
    }
}

impl From<answer::History> for History {
    fn from(from: answer::History) -> Self {
        let answer::History { item, position, events, locations, truncated } = from;
        Self {
            item,
            position,
            events: events.into_iter().map(Into::into).collect(),
            locations,
            truncated: truncated.map(Into::into),
        }
    }
}

impl From<answer::Step> for Step {
    fn from(from: answer::Step) -> Self {
        let answer::Step {
            sequence,
            event_id,
            hash,
            time_ms,
            kind,
            action,
            step,
            disposition,
            read_point,
            location,
            through,
            submitter,
            height,
            recorded_ms,
        } = from;
        Self {
            sequence,
            event_id,
            hash,
            time_ms,
            kind,
            action,
            step,
            disposition,
            read_point,
            location,
            through,
            submitter,
            height,
            recorded_ms,
        }
    }
}

impl From<answer::Lineage> for Lineage {
    fn from(from: answer::Lineage) -> Self {
        let answer::Lineage { item, position, products, containers, truncated } = from;
        Self { item, position, products, containers, truncated: truncated.map(Into::into) }
    }
}

impl From<answer::Contents> for Contents {
    fn from(from: answer::Contents) -> Self {
        let answer::Contents { item, position, inside, fixed, truncated } = from;
        Self { item, position, inside, fixed, truncated: truncated.map(Into::into) }
    }
}

impl From<answer::Recall> for Recall {
    fn from(from: answer::Recall) -> Self {
        let answer::Recall { item, position, products, containers_ever, last_known, truncated } = from;
        Self {
            item,
            position,
            products,
            containers_ever,
            last_known: last_known.into_iter().map(Into::into).collect(),
            truncated: truncated.map(Into::into),
        }
    }
}

impl From<answer::LastKnown> for LastKnown {
    fn from(from: answer::LastKnown) -> Self {
        let answer::LastKnown { item, location, time_ms } = from;
        Self { item, location, time_ms }
    }
}
