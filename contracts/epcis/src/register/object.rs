//! Object: what is known of an instance, container or asset without reading its log.
//!
//! Capture needs it to judge the next event. Each field holds the latest by time of event, so late
//! arrivals do not set it back; answers that must be exact as of some time come from the logs.

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Pos, Stored};

/// The state of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Object {
    /// The event that commissioned it.
    pub commissioned: Option<Pos>,
    /// The event that decommissioned it.
    pub decommissioned: Option<Pos>,
    /// The container it is in.
    pub container: Option<Stay>,
    /// The last event that everything left it by.
    pub emptied: Option<Pos>,
    /// The last event that named it and said where it is afterwards.
    pub located: Option<Pos>,
    /// The last event that named it and gave its disposition.
    pub disposed: Option<Pos>,
    /// Persistent dispositions that were set or unset.
    pub persistent: Vec<Persistent>,
    /// The lots it was said to belong to, percent-encoded, and by which record first.
    pub lots: Vec<(String, u64)>,
}

impl Stored for Object {
    const NAME: &'static str = "object";
}

/// Being in a container.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Stay {
    /// The container's canonical identifier.
    pub parent: String,
    /// The event that put it in.
    pub from: Pos,
}

/// A persistent disposition.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Persistent {
    /// The word.
    pub word: String,
    /// The last event that set or unset it.
    pub since: Pos,
    /// Whether it set it.
    pub holds: bool,
}

/// Moves `latest` to `pos` unless it is later already; answers whether it moved.
pub(super) fn advance(latest: &mut Option<Pos>, pos: Pos) -> bool {
    let later = latest.is_none_or(|latest| latest < pos);
    if later {
        *latest = Some(pos);
    }
    later
}
