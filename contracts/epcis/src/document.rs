//! Documents: an envelope kept as it is, and the events it carries.
//!
//! [`parse`] reads an `EPCISDocument`, an `EPCISQueryDocument`, one event or a list of events in JSON-LD and, with
//! feature `xml`, the first two in XML; it tells them apart by the first character. What is wrong with the whole
//! document is one [`Violation`]; what is wrong with an event is that event's own. [`stream`] reads a document of any length
//! event by event.

pub mod stream;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
#[cfg(feature = "xml")]
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::event::Event;
use crate::json::namespace::{self, Declared};
use crate::json::{read, render, render_within, typed};
use crate::rule::{self, Policy, Position, Rule, Violation, fault};
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
    /// The place of the first of them in the document that this is a part of; 0 in a whole one.
    first: usize,
    /// The eventID of each as it is written, where it could be read.
    ids: Vec<Option<String>>,
    /// Where its members stand, if it was read from XML.
    #[cfg(feature = "xml")]
    places: Option<Arc<crate::xml::Places>>,
}

/// A document taken apart: its events are values, or could not become any.
pub(crate) struct Raw {
    pub(crate) shape: Shape,
    pub(crate) envelope: Value,
    pub(crate) events: Vec<Result<Value, Violation>>,
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

    /// The JSON path of the list of events.
    fn list_path(self) -> String {
        self.path().iter().fold(String::from("$"), |path, name| format!("{path}.{name}"))
    }

    /// The JSON path of the event at place `index`.
    fn event_path(self, index: usize) -> String {
        match self {
            Self::Event => String::from("$"),
            _ => format!("{}[{index}]", self.list_path()),
        }
    }
}

/// Reads a document and checks its events under `policy`.
///
/// # Errors
///
/// What is wrong with the document as a whole.
pub fn parse(bytes: &[u8], policy: Policy) -> Result<Document, Violation> {
    #[cfg(feature = "xml")]
    if crate::xml::is_xml(bytes) {
        return crate::xml::parse(bytes, policy);
    }
    parse_value(read(bytes)?, policy)
}

/// As [`parse`], from a JSON value already read.
///
/// # Errors
///
/// As for [`parse`].
pub fn parse_value(mut value: Value, policy: Policy) -> Result<Document, Violation> {
    let shape = shape(&value)?;
    let (envelope, list) = match shape {
        Shape::Event => (Value::Null, Value::List(Vec::from([value]))),
        Shape::List => (Value::Null, value),
        Shape::Document | Shape::QueryDocument => {
            header(&value)?;
            let list = events_of(&mut value, shape.path())?;
            (value, list)
        }
    };
    let Value::List(list) = list else {
        return Err(fault(Rule::FieldType, "the events are not an array".to_owned()).below(&shape.list_path()));
    };
    build(Raw { shape, envelope, events: list.into_iter().map(Ok).collect() }, policy)
}

/// Reads the events of a document and checks them under `policy`.
///
/// # Errors
///
/// What is wrong with the envelope.
pub(crate) fn build(raw: Raw, policy: Policy) -> Result<Document, Violation> {
    let Raw { shape, envelope, events } = raw;
    let context = match envelope.member("@context").cloned() {
        Some(context) => namespace::declared(context).map_err(|fault| fault.below("$.@context"))?,
        None => Vec::new(),
    };
    let declared = Declared::of(context.iter());
    let ids = events.iter().map(|event| id_of(event.as_ref().ok()?)).collect();
    let event = |(at, event): (usize, Result<Value, Violation>)| {
        let event = typed::event_within(event?, &context, &declared);
        checked(event, &shape.event_path(at), policy)
    };
    let events = events.into_iter().enumerate().map(event).collect();
    Ok(Document {
        shape,
        envelope,
        context,
        events,
        first: 0,
        ids,
        #[cfg(feature = "xml")]
        places: None,
    })
}

/// The eventID of an event as it is written.
fn id_of(event: &Value) -> Option<String> {
    Some(event.member("eventID")?.as_text()?.to_owned())
}

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
pub(crate) fn header(value: &Value) -> Result<(), Violation> {
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

    /// The place of the first event in the document that this is a part of; 0 in a whole one. Where an event is asked for by
    /// its place, that is the place in the whole.
    #[must_use]
    pub fn first(&self) -> usize {
        self.first
    }

    /// The event at place `index`.
    #[must_use]
    pub fn event(&self, index: usize) -> Option<&Result<Event, Violation>> {
        self.events.get(index.checked_sub(self.first)?)
    }

    /// The eventID of the event at place `index` as it is written, of a rejected one too.
    #[must_use]
    pub fn event_id(&self, index: usize) -> Option<&str> {
        self.ids.get(index.checked_sub(self.first)?)?.as_deref()
    }

    /// What the policy lets pass of the event at place `index`: rules that it breaks and is recorded nevertheless.
    #[must_use]
    pub fn warnings(&self, index: usize) -> Vec<Violation> {
        let accepted = self.event(index).and_then(|event| event.as_ref().ok());
        let findings = accepted.map(rule::findings).unwrap_or_default();
        let located = findings.into_iter().map(|finding| {
            let (path, position) = self.place(index, &finding.path);
            Violation { path, position, ..finding }
        });
        located.collect()
    }

    /// Where in the document the JSON path `path` within the event at place `index` leads: a path from the root, and
    /// for XML the position of the element.
    #[must_use]
    pub fn place(&self, index: usize, path: &str) -> (String, Option<Position>) {
        let within = path.strip_prefix('$').unwrap_or(path);
        #[cfg(feature = "xml")]
        if let Some(places) = &self.places {
            let own = self.shape.event_path(index.saturating_sub(self.first));
            return places.find(&format!("{own}{within}"));
        }
        (format!("{}{within}", self.shape.event_path(index)), None)
    }

    /// The document as one that was read from XML, with these places.
    #[cfg(feature = "xml")]
    pub(crate) fn at(mut self, places: crate::xml::Places) -> Self {
        let events = self.events.into_iter();
        self.events = events.map(|event| event.map_err(|violation| places.locate(violation))).collect();
        self.places = Some(Arc::new(places));
        self
    }

    /// The document as a part of another, in which its first event has the place `first`. Its rejections, read from JSON, must
    /// name that place already.
    fn part(self, first: usize) -> Self {
        Self { first, ..self }
    }

    /// Its events, each as a part of the document.
    fn parts(self) -> Vec<Self> {
        let Self { shape, context, events, ids, .. } = self;
        #[cfg(feature = "xml")]
        let places = self.places;
        let parts = events.into_iter().zip(ids).enumerate().map(|(first, (event, id))| Self {
            shape,
            envelope: Value::Null,
            context: context.clone(),
            events: Vec::from([event]),
            first,
            ids: Vec::from([id]),
            #[cfg(feature = "xml")]
            places: places.clone(),
        });
        parts.collect()
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
            Shape::Event => self.accepted().next().map_or(Value::Null, render),
            Shape::List => Value::List(self.accepted().map(render).collect()),
            Shape::Document | Shape::QueryDocument => {
                let events = self.accepted().map(|event| render_within(event, &self.context)).collect();
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
