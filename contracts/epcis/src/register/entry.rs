//! Entry: one line of an identifier's log: which event, when it happened, and what the identifier was in it.

use borsh::{BorshDeserialize, BorshSerialize};

use super::Stored;
use crate::event::Action;

/// A place in the order of events: by instant, then by sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Pos {
    /// When the event happened, milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// Its sequence number.
    pub sequence: u64,
}

impl Pos {
    /// Before all events.
    pub const START: Self = Self { time_ms: i64::MIN, sequence: 0 };
    /// After all events.
    pub const END: Self = Self { time_ms: i64::MAX, sequence: u64::MAX };

    /// Right after this position.
    #[must_use]
    pub fn next(self) -> Self {
        Self { sequence: self.sequence.saturating_add(1), ..self }
    }
}

/// A line of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Entry {
    /// The event.
    pub pos: Pos,
    /// What the identifier is in it.
    pub role: Role,
}

impl Stored for Entry {
    const NAME: &'static str = "log entry";
}

/// What an identifier is in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Role {
    /// A thing of an object event.
    Item(Action),
    /// A thing of a transaction event.
    Transacted(Action),
    /// The container of the things of a transaction event.
    Transacting(Action),
    /// An instance inside or on the event's parent.
    Child(Relation, Action),
    /// A class or lot of which an amount is inside or on the event's parent.
    Portion(Relation, Action),
    /// The parent; only the children named are meant.
    Parent(Relation, Action),
    /// The parent that all its children leave.
    Emptied(Relation),
    /// What goes into a transformation.
    Input,
    /// What comes out of a transformation.
    Output,
    /// A lot: instances of the event are first said to belong to it. It is not named itself.
    Lot,
    /// A transformation or document that the event belongs to, or a kind of measurement that it has readings of.
    Reference,
}

/// How a child is with its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Relation {
    /// Inside: packed, loaded.
    Aggregation,
    /// Fixed to: a logger, a component, a fixture in a place.
    Association,
}
