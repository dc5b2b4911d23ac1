//! Query: which events are wanted, in the parameters of EPCIS 2.0 (§8.2.7.1), and the search for them.
//!
//! Values of one parameter are alternatives, parameters hold together; an unknown parameter is refused and never
//! ignored, and so is one of the standard that this program does not apply, by a reason of its own. Conditions on
//! sensor reports (`EQ_type`, `GE_value_CEL`, …) must hold for one and the same report, together with those on its
//! element. Numbers are compared exactly, in the unit that the parameter names where its dimension has several.
//!
//! A search goes through the shortest log that the query allows (an identifier, a document, a transformation, an
//! eventID) or, where it names none, through all records in the order of capture. It reads so many records and then
//! says where to go on, so that no query is answered by half without saying so. Who has an index of what the contract
//! announces finds candidates by [`Query::words`], and searches [`among`] them.

mod condition;
mod parameter;
mod pattern;
mod refused;
mod search;
mod sensor;

pub use refused::Refused;
pub use search::{Found, Page, among, count, search, span};

use alloc::string::String;
use alloc::vec::Vec;

use condition::Condition;
use pattern::Pattern;

use crate::event::{Event, Items};
use crate::identifier::Identifier;
use crate::limits::QUERY_VALUES_MAX;
use crate::register::Record;
use crate::value::Value;

/// What an answer is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// When the ledger recorded it, which is the order of capture.
    #[default]
    RecordTime,
    /// When it happened.
    EventTime,
}

/// A query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    conditions: Vec<Condition>,
    /// What the answer is sorted by.
    pub order: Order,
    /// Whether the last comes first.
    pub descending: bool,
    /// The first so many of the answer, and no more.
    pub first: Option<u64>,
    /// If more match, there is no answer.
    pub most: Option<u64>,
}

impl Query {
    /// The query of these parameters, an object in JSON.
    ///
    /// # Errors
    ///
    /// A parameter that is unknown, is not applied here, or has a value that it cannot have.
    pub fn read(parameters: &Value) -> Result<Self, Refused> {
        let fields = parameters.as_map().ok_or(Refused::Shape)?;
        let found = fields.iter().map(|(_, value)| value.as_list().map_or(1, <[Value]>::len)).sum();
        if found > QUERY_VALUES_MAX {
            return Err(Refused::Many { found });
        }
        let mut query = Self { descending: true, ..Self::default() };
        for (name, value) in fields {
            parameter::read(name, value, &mut query)?;
        }
        Ok(query)
    }

    /// The words of which an event that is wanted has one, for each of those that the contract announces captures with. An
    /// index of the announcements finds all that is wanted by any of them.
    #[must_use]
    pub fn words(&self) -> Vec<Words<'_>> {
        self.conditions.iter().filter_map(Condition::words).collect()
    }

    /// Whether an event is wanted. `record` is whole.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        let (sensors, others): (Vec<_>, Vec<_>) = self.conditions.iter().partition(|one| one.is_of_report());
        others.iter().all(|condition| condition.holds(record)) && sensor::hold(&sensors, &record.event)
    }
}

/// Words of which an event has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words<'a> {
    /// The field of the announcement (`kind`, `step`, `location`).
    pub attribute: &'static str,
    /// The words.
    pub words: &'a [String],
}

/// The identifiers that a `MATCH_` parameter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Epc,
    Parent,
    InputEpc,
    OutputEpc,
    AnyEpc,
    Class,
    InputClass,
    OutputClass,
    AnyClass,
}

impl Place {
    /// Whether it holds amounts of classes and lots rather than instances.
    fn is_class(self) -> bool {
        matches!(self, Self::Class | Self::InputClass | Self::OutputClass | Self::AnyClass)
    }

    /// Whether an identifier of `event` at this place is one of `patterns`.
    fn holds(self, event: &Event, patterns: &[Pattern]) -> bool {
        let is_wanted = |id: &Identifier| patterns.iter().any(|pattern| pattern.covers(id));
        let (first, second) = event.what.items();
        let epcs = |items: &Items| items.epcs.iter().any(is_wanted);
        let classes = |items: &Items| items.quantities.iter().any(|quantity| is_wanted(&quantity.class));
        match (self, second) {
            (Self::Parent, _) => event.what.parent().is_some_and(is_wanted),
            (Self::Epc, None) | (Self::InputEpc, Some(_)) => epcs(first),
            (Self::Class, None) | (Self::InputClass, Some(_)) => classes(first),
            (Self::OutputEpc, Some(outputs)) => epcs(outputs),
            (Self::OutputClass, Some(outputs)) => classes(outputs),
            (Self::AnyEpc, _) => epcs(first) || second.is_some_and(epcs) || event.what.parent().is_some_and(is_wanted),
            (Self::AnyClass, _) => classes(first) || second.is_some_and(classes),
            _ => false,
        }
    }
}
