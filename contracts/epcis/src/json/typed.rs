//! One JSON event to the typed event.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::members::{Members, required, text};
use super::namespace::{self, Declared};
use crate::decimal::Decimal;
use crate::event::{Action, ErrorDeclaration, Event, Items, Place, Quantity, Reference, What};
use crate::identifier::Identifier;
use crate::rule::{Rule, Violation, fault};
use crate::sensor::{SensorElement, SensorMetadata, SensorReport};
use crate::term::{Term, Vocabulary};
use crate::value::{Field, Value};

/// Fields that only some types of event have; one that is left over stands where it does not belong.
const TYPED: [&str; 12] = [
    "action",
    "epcList",
    "quantityList",
    "parentID",
    "childEPCs",
    "childQuantityList",
    "inputEPCList",
    "inputQuantityList",
    "outputEPCList",
    "outputQuantityList",
    "transformationID",
    "eventList",
];

/// The event in `value`, under the context entries that its document declares. Keys with wrong digits stay
/// as written; the rules beyond the shape are for [`crate::rule::check`].
///
/// # Errors
///
/// The first fault of its shape, with the path within the event.
pub fn event(value: Value, declared: &[Value]) -> Result<Event, Violation> {
    let context = match value.member("@context").cloned() {
        Some(own) => {
            let own = namespace::declared(own).map_err(|fault| fault.below("$.@context"))?;
            Declared::of(declared.iter().chain(&own)).used(&value)
        }
        None => Declared::of(declared.iter()).used(&value),
    };
    typed(value, context)
}

/// As [`event`], where the document's declaration is at hand.
pub(crate) fn event_within(value: Value, entries: &[Value], declared: &Declared) -> Result<Event, Violation> {
    if value.member("@context").is_some() {
        return event(value, entries);
    }
    let context = declared.used(&value);
    typed(value, context)
}

fn typed(value: Value, context: Vec<Value>) -> Result<Event, Violation> {
    let mut members = Members::of(value)?;
    members.take("@context");
    members.take("recordTime");
    let kind = required(members.text("type")?, "type")?;
    let time = required(members.parsed("eventTime", Rule::TimeFormat)?, "eventTime")?;
    let offset = required(members.parsed("eventTimeZoneOffset", Rule::TimeOffset)?, "eventTimeZoneOffset")?;
    let mut event = Event::new(what(&kind, &mut members)?, time, offset);
    event.context = context;
    event.event_id = members.filled("eventID")?;
    event.read_point = members.take_as("readPoint", place)?;
    event.location = members.take_as("bizLocation", place)?;
    event.step = members.filled("bizStep")?.map(|text| Term::new(Vocabulary::BizStep, &text));
    event.disposition = members.filled("disposition")?.map(|text| Term::new(Vocabulary::Disposition, &text));
    if let Some((set, unset)) = members.take_as("persistentDisposition", persistent)? {
        event.persistent_set = set;
        event.persistent_unset = unset;
    }
    event.transactions =
        members.list("bizTransactionList", |value| reference(value, "bizTransaction", Vocabulary::Transaction))?;
    event.sources = members.list("sourceList", |value| reference(value, "source", Vocabulary::Party))?;
    event.destinations = members.list("destinationList", |value| reference(value, "destination", Vocabulary::Party))?;
    event.sensors = members.list("sensorElementList", sensor_element)?;
    event.ilmd = members.take_as("ilmd", |value| Ok(Members::of(value)?.rest()))?.unwrap_or_default();
    event.certification = members.take_as("certificationInfo", certification)?.unwrap_or_default();
    event.error = members.take_as("errorDeclaration", error_declaration)?;
    event.extensions = members.rest();
    match event.extensions.iter().find(|(name, _)| TYPED.contains(&name.as_str())) {
        Some((name, _)) => {
            Err(fault(Rule::FieldMisplaced, format!("{kind} has no {name}")).below(&crate::rule::step(name)))
        }
        None => Ok(event),
    }
}

/// The fields that depend on the type.
fn what(kind: &str, members: &mut Members) -> Result<What, Violation> {
    Ok(match kind {
        "ObjectEvent" => What::Object { action: action(members)?, items: items(members, "epcList", "quantityList")? },
        "AggregationEvent" => What::Aggregation {
            action: action(members)?,
            parent: members.filled("parentID")?.map(|text| named(&text)),
            children: items(members, "childEPCs", "childQuantityList")?,
        },
        "TransactionEvent" => What::Transaction {
            action: action(members)?,
            parent: members.filled("parentID")?.map(|text| named(&text)),
            items: items(members, "epcList", "quantityList")?,
        },
        "TransformationEvent" => What::Transformation {
            inputs: items(members, "inputEPCList", "inputQuantityList")?,
            outputs: items(members, "outputEPCList", "outputQuantityList")?,
            id: members.filled("transformationID")?.map(|text| named(&text)),
        },
        "AssociationEvent" => What::Association {
            action: action(members)?,
            parent: members.filled("parentID")?.map(|text| named(&text)),
            children: items(members, "childEPCs", "childQuantityList")?,
        },
        other => return Err(fault(Rule::EventType, format!("{other:?} is not an event type")).below("$.type")),
    })
}

fn action(members: &mut Members) -> Result<Action, Violation> {
    let word = required(members.text("action")?, "action")?;
    let action = [Action::Add, Action::Observe, Action::Delete].into_iter().find(|action| action.word() == word);
    action.ok_or_else(|| fault(Rule::EventAction, format!("{word:?} is not an action")).below("$.action"))
}

fn items(members: &mut Members, epcs: &str, quantities: &str) -> Result<Items, Violation> {
    Ok(Items { epcs: members.list(epcs, identifier)?, quantities: members.list(quantities, quantity)? })
}

/// An identifier; a malformed key stays as written, for the rules to judge.
fn identifier(value: Value) -> Result<Identifier, Violation> {
    text(value).map(|text| named(&text))
}

fn named(text: &str) -> Identifier {
    Identifier::parse(text).unwrap_or_else(|_| Identifier::as_written(text))
}

fn quantity(value: Value) -> Result<Quantity, Violation> {
    let mut members = Members::of(value)?;
    let class = required(members.take_as("epcClass", identifier)?, "epcClass")?;
    let quantity = members.take_as("quantity", |value| match value {
        Value::Number(number) => Ok(number),
        _ => Err(fault(Rule::FieldType, "a quantity is a number".to_owned())),
    })?;
    let uom = members.text("uom")?;
    members.closed()?;
    Ok(Quantity { class, quantity, uom })
}

fn place(value: Value) -> Result<Place, Violation> {
    let mut members = Members::of(value)?;
    let id = required(members.take_as("id", identifier)?, "id")?;
    Ok(Place { id, extensions: members.rest() })
}

fn reference(value: Value, name: &str, vocabulary: Vocabulary) -> Result<Reference, Violation> {
    let mut members = Members::of(value)?;
    let kind = members.text("type")?.map(|text| Term::new(vocabulary, &text));
    let id = required(members.take_as(name, identifier)?, name)?;
    members.closed()?;
    Ok(Reference { kind, id })
}

fn persistent(value: Value) -> Result<(Vec<Term>, Vec<Term>), Violation> {
    let term = |value| Ok(Term::new(Vocabulary::Disposition, &text(value)?));
    let mut members = Members::of(value)?;
    let both = (members.list("set", term)?, members.list("unset", term)?);
    members.closed()?;
    if both.0.is_empty() && both.1.is_empty() {
        return Err(fault(Rule::FieldMissing, "neither set nor unset".to_owned()));
    }
    Ok(both)
}

/// A URI or a list of them.
fn certification(value: Value) -> Result<Vec<String>, Violation> {
    match value {
        Value::List(items) => {
            let item = |(at, item)| text(item).map_err(|fault| fault.below(&format!("$[{at}]")));
            items.into_iter().enumerate().map(item).collect()
        }
        single => text(single).map(|text| alloc::vec![text]),
    }
}

fn error_declaration(value: Value) -> Result<ErrorDeclaration, Violation> {
    let mut members = Members::of(value)?;
    Ok(ErrorDeclaration {
        time: required(members.parsed("declarationTime", Rule::TimeFormat)?, "declarationTime")?,
        reason: members.text("reason")?.map(|text| Term::new(Vocabulary::ErrorReason, &text)),
        corrective_event_ids: members.list("correctiveEventIDs", text)?,
        extensions: members.rest(),
    })
}

fn sensor_element(value: Value) -> Result<SensorElement, Violation> {
    let mut members = Members::of(value)?;
    Ok(SensorElement {
        metadata: members.take_as("sensorMetadata", sensor_metadata)?,
        reports: members.list("sensorReport", sensor_report)?,
        extensions: members.rest(),
    })
}

fn sensor_metadata(value: Value) -> Result<SensorMetadata, Violation> {
    let mut members = Members::of(value)?;
    Ok(SensorMetadata {
        time: members.parsed("time", Rule::TimeFormat)?,
        start_time: members.parsed("startTime", Rule::TimeFormat)?,
        end_time: members.parsed("endTime", Rule::TimeFormat)?,
        device_id: members.text("deviceID")?,
        fields: members.rest(),
    })
}

fn sensor_report(value: Value) -> Result<SensorReport, Violation> {
    let mut members = Members::of(value)?;
    let kind = members.text("type")?.map(|text| Term::new(Vocabulary::Measurement, &text));
    let time = members.parsed("time", Rule::TimeFormat)?;
    let device_id = members.text("deviceID")?;
    let uom = members.text("uom")?;
    let mut rest = members.rest();
    let (value, min_value) = (number(&mut rest, "value"), number(&mut rest, "minValue"));
    let (max_value, mean_value) = (number(&mut rest, "maxValue"), number(&mut rest, "meanValue"));
    Ok(SensorReport { kind, time, device_id, value, min_value, max_value, mean_value, uom, fields: rest })
}

/// Takes the number `name`; a reading written as a string stays among the fields.
fn number(fields: &mut Vec<Field>, name: &str) -> Option<Decimal> {
    let at = fields.iter().position(|(key, _)| key == name)?;
    match fields.get(at) {
        Some((_, Value::Number(number))) => {
            let number = *number;
            fields.remove(at);
            Some(number)
        }
        _ => None,
    }
}
