//! Conditions: what one parameter asks of a record.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::pattern::{Pattern, is_within};
use super::{Place, Words};
use crate::decimal::Decimal;
use crate::event::{Action, Event, Quantity, Reference};
use crate::identifier::Identifier;
use crate::register::Record;
use crate::term::{Term, Vocabulary};
use crate::unit;
use crate::value::{Field, Value};

/// What one parameter asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// The type is one of these.
    Kind(Vec<String>),
    /// An instant of the event stands so to this one.
    Time(Instant, Comparison, i64),
    /// The action is one of these.
    Action(Vec<Action>),
    /// A word of this role is one of these.
    Word(Word, Vec<String>),
    /// The read point or location is one of these, or within one.
    At { is_read_point: bool, within: bool, places: Vec<String> },
    /// A business document of this type (any if none) is one of these.
    Document(Option<String>, Vec<Identifier>),
    /// A source of this type is one of these.
    Source(String, Vec<String>),
    /// A destination of this type is one of these.
    Destination(String, Vec<String>),
    /// The transformation is one of these.
    Transformation(Vec<Identifier>),
    /// An identifier at this place is one of these.
    Names(Place, Vec<Pattern>),
    /// The eventID is one of these.
    EventId(Vec<String>),
    /// One of these corrects the event.
    CorrectedBy(Vec<String>),
    /// It is an error declaration.
    IsErrorDeclaration,
    /// It has sensor data.
    HasSensors,
    /// An amount stands so to one of these, in a unit if one is given.
    Amount(Comparison, Vec<Decimal>, Option<String>),
    /// A number of a sensor report stands so to one of these, in a unit if one is given.
    Reading(String, Comparison, Vec<Decimal>, Option<String>),
    /// A text of a sensor report or its element's metadata is one of these.
    Sensed(String, Vec<String>),
    /// An instant of a sensor report or its element's metadata stands so to this one.
    SensedTime(SensedTime, Comparison, i64),
    /// A field of another vocabulary is there, or stands so to one of these.
    Extension(Extension, Comparison, Vec<Operand>),
    /// A field of another vocabulary is there.
    HasExtension(Extension),
}

/// How two values stand to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Greater,
    NotLess,
    Less,
    NotGreater,
}

impl Comparison {
    /// Whether a value that stands so to another is wanted.
    pub(super) fn holds(self, found: Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::Greater => found.is_gt(),
            Self::NotLess => found.is_ge(),
            Self::Less => found.is_lt(),
            Self::NotGreater => found.is_le(),
        }
    }
}

/// Instants of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instant {
    Event,
    Record,
    Declaration,
}

/// Instants of sensor data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SensedTime {
    Time,
    Start,
    End,
}

/// Words of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Step,
    Disposition,
    Set,
    Unset,
    ErrorReason,
    Measurement,
}

impl Word {
    pub(super) fn vocabulary(self) -> Vocabulary {
        match self {
            Self::Step => Vocabulary::BizStep,
            Self::Disposition | Self::Set | Self::Unset => Vocabulary::Disposition,
            Self::ErrorReason => Vocabulary::ErrorReason,
            Self::Measurement => Vocabulary::Measurement,
        }
    }

    fn of(self, event: &Event) -> Vec<&Term> {
        match self {
            Self::Step => event.step.iter().collect(),
            Self::Disposition => event.disposition.iter().collect(),
            Self::Set => event.persistent_set.iter().collect(),
            Self::Unset => event.persistent_unset.iter().collect(),
            Self::ErrorReason => event.error.iter().filter_map(|error| error.reason.as_ref()).collect(),
            Self::Measurement => Vec::new(),
        }
    }
}

/// A field of another vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extension {
    pub(super) part: Part,
    /// Whether it is looked for at any depth below the top.
    pub(super) inner: bool,
    /// As the event writes it, `prefix:name`.
    pub(super) name: String,
}

/// Where fields of other vocabularies stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Event,
    Ilmd,
    ErrorDeclaration,
    ReadPoint,
    Location,
    SensorElement,
    SensorMetadata,
    SensorReport,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Number(Decimal),
    Text(String),
}

impl Condition {
    /// The words of which an event has to have one, where the contract announces captures with such a word.
    pub(super) fn words(&self) -> Option<Words<'_>> {
        let (attribute, words) = match self {
            Self::Kind(kinds) => ("kind", kinds),
            Self::Word(Word::Step, steps) => ("step", steps),
            Self::At { is_read_point: false, within: false, places } => ("location", places),
            _ => return None,
        };
        Some(Words { attribute, words })
    }

    /// Whether it is about one sensor report among several.
    pub(super) fn is_of_report(&self) -> bool {
        matches!(self, Self::Reading(..) | Self::Sensed(..) | Self::SensedTime(..) | Self::Word(Word::Measurement, _))
    }

    /// Whether a whole record is as asked. Conditions on sensor reports are [`super::sensor`]'s.
    pub(super) fn holds(&self, record: &Record) -> bool {
        let event = &record.event;
        match self {
            Self::Kind(kinds) => kinds.iter().any(|kind| kind == event.what.type_name()),
            Self::Time(instant, comparison, ms) => {
                let found = match instant {
                    Instant::Event => Some(event.time.ms()),
                    Instant::Record => i64::try_from(record.time_ms).ok(),
                    Instant::Declaration => event.error.as_ref().map(|error| error.time.ms()),
                };
                found.is_some_and(|found| comparison.holds(found.cmp(ms)))
            }
            Self::Action(actions) => event.what.action().is_some_and(|action| actions.contains(&action)),
            Self::Word(word, wanted) => {
                word.of(event).iter().any(|found| wanted.iter().any(|wanted| wanted == found.word()))
            }
            Self::At { is_read_point, within, places } => {
                let place = if *is_read_point { &event.read_point } else { &event.location };
                let is_wanted = |id: &Identifier| {
                    places.iter().any(|place| id.canonical() == place || (*within && is_within(id, place)))
                };
                place.as_ref().is_some_and(|place| is_wanted(&place.id))
            }
            Self::Document(kind, ids) => event.transactions.iter().any(|document| {
                kind.as_ref().is_none_or(|kind| is_kind(document, kind))
                    && ids.iter().any(|id| id.canonical() == document.id.canonical())
            }),
            Self::Source(kind, ids) => is_party(&event.sources, kind, ids),
            Self::Destination(kind, ids) => is_party(&event.destinations, kind, ids),
            Self::Transformation(ids) => match &event.what {
                crate::event::What::Transformation { id: Some(found), .. } => {
                    ids.iter().any(|id| id.canonical() == found.canonical())
                }
                _ => false,
            },
            Self::Names(place, patterns) => place.holds(event, patterns),
            Self::EventId(ids) => event.event_id.as_ref().is_some_and(|found| ids.contains(found)),
            Self::CorrectedBy(ids) => {
                let named = event.error.iter().flat_map(|error| &error.corrective_event_ids);
                named.into_iter().any(|found| ids.contains(found))
            }
            Self::IsErrorDeclaration => event.error.is_some(),
            Self::HasSensors => !event.sensors.is_empty(),
            Self::Amount(comparison, wanted, unit) => {
                let (first, second) = event.what.items();
                let amounts = first.quantities.iter().chain(second.into_iter().flat_map(|items| &items.quantities));
                let stands = |amount: &Quantity| {
                    amount
                        .quantity
                        .is_some_and(|found| is_so(found, amount.uom.as_deref(), *comparison, wanted, unit.as_deref()))
                };
                amounts.into_iter().any(stands)
            }
            Self::Extension(extension, comparison, wanted) => extension
                .values(event)
                .iter()
                .any(|found| wanted.iter().any(|wanted| compares(found, *comparison, wanted))),
            Self::HasExtension(extension) => !extension.values(event).is_empty(),
            Self::Reading(..) | Self::Sensed(..) | Self::SensedTime(..) => false,
        }
    }
}

fn is_kind(reference: &Reference, kind: &str) -> bool {
    reference.kind.as_ref().is_some_and(|found| found.word() == kind)
}

fn is_party(references: &[Reference], kind: &str, ids: &[String]) -> bool {
    references.iter().any(|found| is_kind(found, kind) && ids.iter().any(|id| id == found.id.canonical()))
}

/// Whether a number in its unit stands so to one of `wanted`. Units of different dimensions never compare.
pub(super) fn is_so(
    found: Decimal,
    its_unit: Option<&str>,
    comparison: Comparison,
    wanted: &[Decimal],
    unit: Option<&str>,
) -> bool {
    wanted.iter().any(|wanted| {
        let order = match unit {
            None => Some(found.order(*wanted)),
            Some(unit) => unit::order(found, its_unit.unwrap_or_default(), *wanted, unit),
        };
        order.is_some_and(|order| comparison.holds(order))
    })
}

impl Part {
    /// The fields of an event at this place; of sensor data, those of each element or report.
    fn fields(self, event: &Event) -> Vec<&[Field]> {
        let sensors = event.sensors.iter();
        match self {
            Self::Event => Vec::from([event.extensions.as_slice()]),
            Self::Ilmd => Vec::from([event.ilmd.as_slice()]),
            Self::ErrorDeclaration => event.error.iter().map(|error| error.extensions.as_slice()).collect(),
            Self::ReadPoint => event.read_point.iter().map(|place| place.extensions.as_slice()).collect(),
            Self::Location => event.location.iter().map(|place| place.extensions.as_slice()).collect(),
            Self::SensorElement => sensors.map(|element| element.extensions.as_slice()).collect(),
            Self::SensorMetadata => {
                sensors.filter_map(|element| element.metadata.as_ref()).map(|data| data.fields.as_slice()).collect()
            }
            Self::SensorReport => {
                sensors.flat_map(|element| &element.reports).map(|report| report.fields.as_slice()).collect()
            }
        }
    }
}

impl Extension {
    /// The values of the field.
    fn values<'a>(&self, event: &'a Event) -> Vec<&'a Value> {
        let mut found = Vec::new();
        for fields in self.part.fields(event) {
            if self.inner {
                fields.iter().for_each(|(_, value)| self.collect(value, &mut found));
            } else {
                fields.iter().filter(|(key, _)| *key == self.name).for_each(|(_, value)| push(value, &mut found));
            }
        }
        found
    }

    /// Collects what is below `value` under the name. Nested no deeper than [`crate::limits::NESTING_MAX`].
    fn collect<'a>(&self, value: &'a Value, found: &mut Vec<&'a Value>) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.collect(item, found)),
            Value::Map(fields) => {
                for (key, value) in fields {
                    if *key == self.name {
                        push(value, found);
                    }
                    self.collect(value, found);
                }
            }
            _ => {}
        }
    }
}

/// A value, or each of a list.
fn push<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::List(items) => found.extend(items),
        single => found.push(single),
    }
}

/// Whether a field's value stands so: numbers as numbers, times as instants, text by equality alone.
fn compares(found: &Value, comparison: Comparison, wanted: &Operand) -> bool {
    let order = match (found, wanted) {
        (Value::Number(found), Operand::Number(wanted)) => Some(found.order(*wanted)),
        (Value::Text(found), Operand::Number(wanted)) => {
            let found: Option<Decimal> = found.parse().ok();
            found.map(|found| found.order(*wanted))
        }
        (Value::Text(found), Operand::Text(wanted)) => {
            let ms = |text: &str| text.parse().ok().map(|time: crate::time::Time| time.ms());
            match (ms(found), ms(wanted)) {
                (Some(found), Some(wanted)) => Some(found.cmp(&wanted)),
                _ if comparison == Comparison::Equal => (found == wanted).then_some(Ordering::Equal),
                _ => None,
            }
        }
        _ => None,
    };
    order.is_some_and(|order| comparison.holds(order))
}
