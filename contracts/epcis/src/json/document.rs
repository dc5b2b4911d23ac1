//! Documents: an envelope kept as it is, and the events it carries.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;

use super::namespace::{self, Declared};
use super::{read, render, typed};
use crate::event::Event;
use crate::rule::{self, Policy, Rule, Violation, fault};
use crate::time::Time;
use crate::value::Value;

/// A parsed document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What kind of document it is.
    pub shape: Shape,
    /// The document without its events (header, master data, extensions), as it was; `null` for a bare event
    /// or a list.
    pub envelope: Value,
    /// The context entries that the document declares, beyond the standard's.
    pub context: Vec<Value>,
    /// The events in their order, each accepted or rejected for itself.
    pub events: Vec<Result<Event, Violation>>,
}

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `EPCISDocument`.
    Document,
    /// `EPCISQueryDocument`.
    QueryDocument,
    /// One event.
    Event,
    /// A list of events.
    List,
}

impl Shape {
    /// The members that lead to the list of events.
    fn path(self) -> &'static [&'static str] {
        match self {
            Self::Document => &["epcisBody", "eventList"],
            Self::QueryDocument => &["epcisBody", "queryResults", "resultsBody", "eventList"],
            Self::Event | Self::List => &[],
        }
    }
}

/// Reads a document and checks its events under `policy`.
///
/// # Errors
///
/// What is wrong with the document as a whole.
pub fn parse(bytes: &[u8], policy: Policy) -> Result<Document, Violation> {
    parse_value(read(bytes)?, policy)
}

/// As [`parse`], from a value already read.
///
/// # Errors
///
/// As for [`parse`].
pub fn parse_value(mut value: Value, policy: Policy) -> Result<Document, Violation> {
    let shape = shape(&value)?;
    let (list, base) = match shape {
        Shape::Event => {
            let event = checked(typed::event(value, &[]), "$", policy);
            return Ok(Document { shape, envelope: Value::Null, context: Vec::new(), events: alloc::vec![event] });
        }
        Shape::List => (core::mem::replace(&mut value, Value::Null), "$"),
        Shape::Document | Shape::QueryDocument => {
            header(&value)?;
            (events_of(&mut value, shape.path())?, if shape == Shape::Document { BODY } else { RESULTS })
        }
    };
    let context = match value.member("@context").cloned() {
        Some(context) => namespace::declared(context).map_err(|fault| fault.below("$.@context"))?,
        None => Vec::new(),
    };
    let Value::List(list) = list else {
        return Err(fault(Rule::FieldType, "the events are not an array".to_owned()).below(base));
    };
    let declared = Declared::of(context.iter());
    let event = |(at, item)| {
        let event = typed::event_within(item, &context, &declared);
        checked(event, &format!("{base}[{at}]"), policy)
    };
    let events = list.into_iter().enumerate().map(event).collect();
    Ok(Document { shape, envelope: value, context, events })
}

const BODY: &str = "$.epcisBody.eventList";
const RESULTS: &str = "$.epcisBody.queryResults.resultsBody.eventList";

fn shape(value: &Value) -> Result<Shape, Violation> {
    if matches!(value, Value::List(_)) {
        return Ok(Shape::List);
    }
    match value.member("type").and_then(Value::as_text) {
        Some("EPCISDocument") => Ok(Shape::Document),
        Some("EPCISQueryDocument") => Ok(Shape::QueryDocument),
        // Whether the type of a bare event is known is said by the event's own parser.
        Some(_) if value.member("eventTime").is_some() => Ok(Shape::Event),
        Some(other) if other.ends_with("Event") => Ok(Shape::Event),
        Some(other) => Err(fault(Rule::DocumentType, format!("type {other:?} is not one of EPCIS")).below("$.type")),
        None => Err(fault(Rule::DocumentType, "neither a document nor an event of EPCIS".to_owned())),
    }
}

/// The required members of a document.
fn header(value: &Value) -> Result<(), Violation> {
    let text = |name: &str| match value.member(name) {
        Some(Value::Text(text)) => Ok(text),
        Some(_) => Err(fault(Rule::FieldType, format!("{name} is not a string")).below(&crate::rule::step(name))),
        None => Err(fault(Rule::FieldMissing, format!("{name} is missing")).below(&crate::rule::step(name))),
    };
    let version = text("schemaVersion")?;
    if version != "2" && !version.starts_with("2.") {
        return Err(fault(Rule::DocumentVersion, format!("version {version:?}")).below("$.schemaVersion"));
    }
    let created = text("creationDate")?;
    match created.parse::<Time>() {
        Ok(_) => Ok(()),
        Err(error) => Err(fault(Rule::TimeFormat, format!("{created:?} is {error}")).below("$.creationDate")),
    }
}

/// Takes the events out of the document and leaves an empty list.
fn events_of(value: &mut Value, path: &[&str]) -> Result<Value, Violation> {
    let Some((name, rest)) = path.split_first() else {
        return Ok(core::mem::replace(value, Value::List(Vec::new())));
    };
    let member = match value {
        Value::Map(fields) => fields.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => return Err(fault(Rule::FieldType, "not an object".to_owned())),
    };
    let member = member.ok_or_else(|| fault(Rule::FieldMissing, format!("{name} is missing")));
    member.and_then(|member| events_of(member, rest)).map_err(|fault| fault.below(&crate::rule::step(name)))
}

/// The event, if its shape is right and `policy` lets it pass; otherwise its violation, below `base`.
fn checked(event: Result<Event, Violation>, base: &str, policy: Policy) -> Result<Event, Violation> {
    let checked = event.and_then(|event| rule::check(&event, policy).map(|()| event));
    checked.map_err(|violation| violation.below(base))
}

impl Document {
    /// The accepted events.
    pub fn accepted(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter_map(|event| event.as_ref().ok())
    }

    /// The rejections.
    pub fn rejected(&self) -> impl Iterator<Item = &Violation> {
        self.events.iter().filter_map(|event| event.as_ref().err())
    }

    /// The master data of the header, if there is any.
    #[must_use]
    pub fn master_data(&self) -> Option<&Value> {
        self.envelope.member("epcisHeader")?.member("epcisMasterData")
    }

    /// The document with its accepted events.
    #[must_use]
    pub fn render(&self) -> Value {
        match self.shape {
            Shape::Event => self.accepted().next().map_or(Value::Null, render::render),
            Shape::List => Value::List(self.accepted().map(render::render).collect()),
            Shape::Document | Shape::QueryDocument => {
                let events = self.accepted().map(|event| render::render_within(event, &self.context)).collect();
                let mut document = self.envelope.clone();
                put(&mut document, self.shape.path(), Value::List(events));
                document
            }
        }
    }
}

/// Puts `events` where [`events_of`] took them from.
fn put(value: &mut Value, path: &[&str], events: Value) {
    let Some((name, rest)) = path.split_first() else {
        *value = events;
        return;
    };
    if let Value::Map(fields) = value
        && let Some((_, member)) = fields.iter_mut().find(|(key, _)| key == name)
    {
        put(member, rest, events);
    }
}
