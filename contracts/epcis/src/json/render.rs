//! The typed event to one JSON event.

use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::namespace;
use crate::decimal::Decimal;
use crate::event::{ErrorDeclaration, Event, Items, Place, Quantity, Reference, What};
use crate::identifier::Identifier;
use crate::sensor::{SensorElement, SensorMetadata, SensorReport};
use crate::term::Term;
use crate::time::Time;
use crate::value::{Field, Value};

/// The event on its own, with its `@context`.
#[must_use]
pub fn render(event: &Event) -> Value {
    let mut object = Object::default();
    object.0.push(("@context".to_owned(), namespace::rendered(&event.context)));
    Value::Map(body(event, object).0)
}

/// The event inside a document whose context declares `entries`, with an `@context` of its own only for
/// what those leave out.
#[must_use]
pub fn render_within(event: &Event, entries: &[Value]) -> Value {
    let mut object = Object::default();
    object.list("@context", &namespace::uncovered(&event.context, entries), Value::clone);
    Value::Map(body(event, object).0)
}

/// An object being written: absent and empty fields are left out.
#[derive(Default)]
struct Object(Vec<Field>);

impl Object {
    fn text(&mut self, name: &str, text: Option<&str>) {
        self.0.extend(text.map(|text| (name.to_owned(), Value::Text(text.to_owned()))));
    }

    fn identifier(&mut self, name: &str, id: Option<&Identifier>) {
        self.text(name, id.map(Identifier::written));
    }

    fn term(&mut self, name: &str, term: Option<&Term>) {
        self.text(name, term.map(Term::written));
    }

    fn time(&mut self, name: &str, time: Option<&Time>) {
        self.text(name, time.map(Time::text).as_deref());
    }

    fn number(&mut self, name: &str, number: Option<Decimal>) {
        self.0.extend(number.map(|number| (name.to_owned(), Value::Number(number))));
    }

    fn list<T>(&mut self, name: &str, items: &[T], one: impl Fn(&T) -> Value) {
        if !items.is_empty() {
            self.0.push((name.to_owned(), Value::List(items.iter().map(one).collect())));
        }
    }

    fn map(&mut self, name: &str, fields: Vec<Field>) {
        if !fields.is_empty() {
            self.0.push((name.to_owned(), Value::Map(fields)));
        }
    }

    fn items(&mut self, items: &Items, epcs: &str, quantities: &str) {
        self.list(epcs, &items.epcs, |id| Value::Text(id.written().to_owned()));
        self.list(quantities, &items.quantities, quantity);
    }
}

fn body(event: &Event, mut object: Object) -> Object {
    object.text("type", Some(event.what.type_name()));
    object.text("eventID", event.event_id.as_deref());
    object.time("eventTime", Some(&event.time));
    object.text("eventTimeZoneOffset", Some(&event.offset.to_string()));
    object.text("action", event.what.action().map(crate::event::Action::word));
    what(&event.what, &mut object);
    object.term("bizStep", event.step.as_ref());
    object.term("disposition", event.disposition.as_ref());
    let mut persistent = Object::default();
    persistent.list("set", &event.persistent_set, word);
    persistent.list("unset", &event.persistent_unset, word);
    object.map("persistentDisposition", persistent.0);
    object.map("readPoint", event.read_point.as_ref().map(place).unwrap_or_default());
    object.map("bizLocation", event.location.as_ref().map(place).unwrap_or_default());
    object.list("bizTransactionList", &event.transactions, |item| reference(item, "bizTransaction"));
    object.list("sourceList", &event.sources, |item| reference(item, "source"));
    object.list("destinationList", &event.destinations, |item| reference(item, "destination"));
    object.list("sensorElementList", &event.sensors, sensor_element);
    object.map("ilmd", event.ilmd.clone());
    match event.certification.as_slice() {
        [single] => object.text("certificationInfo", Some(single)),
        several => object.list("certificationInfo", several, |text| Value::Text(text.clone())),
    }
    object.map("errorDeclaration", event.error.as_ref().map(error_declaration).unwrap_or_default());
    object.0.extend(event.extensions.iter().cloned());
    object
}

fn what(what: &What, object: &mut Object) {
    object.identifier("parentID", what.parent());
    match what {
        What::Object { items, .. } | What::Transaction { items, .. } => object.items(items, "epcList", "quantityList"),
        What::Aggregation { children, .. } | What::Association { children, .. } => {
            object.items(children, "childEPCs", "childQuantityList");
        }
        What::Transformation { inputs, outputs, id } => {
            object.items(inputs, "inputEPCList", "inputQuantityList");
            object.items(outputs, "outputEPCList", "outputQuantityList");
            object.identifier("transformationID", id.as_ref());
        }
    }
}

fn word(term: &Term) -> Value {
    Value::Text(term.written().to_owned())
}

fn quantity(quantity: &Quantity) -> Value {
    let mut object = Object::default();
    object.identifier("epcClass", Some(&quantity.class));
    object.number("quantity", quantity.quantity);
    object.text("uom", quantity.uom.as_deref());
    Value::Map(object.0)
}

fn place(place: &Place) -> Vec<Field> {
    let mut object = Object::default();
    object.identifier("id", Some(&place.id));
    object.0.extend(place.extensions.iter().cloned());
    object.0
}

fn reference(reference: &Reference, name: &str) -> Value {
    let mut object = Object::default();
    object.term("type", reference.kind.as_ref());
    object.identifier(name, Some(&reference.id));
    Value::Map(object.0)
}

fn error_declaration(error: &ErrorDeclaration) -> Vec<Field> {
    let mut object = Object::default();
    object.time("declarationTime", Some(&error.time));
    object.term("reason", error.reason.as_ref());
    object.list("correctiveEventIDs", &error.corrective_event_ids, |id| Value::Text(id.clone()));
    object.0.extend(error.extensions.iter().cloned());
    object.0
}

fn sensor_element(element: &SensorElement) -> Value {
    let mut object = Object::default();
    if let Some(metadata) = &element.metadata {
        object.0.push(("sensorMetadata".to_owned(), Value::Map(sensor_metadata(metadata))));
    }
    object.list("sensorReport", &element.reports, sensor_report);
    object.0.extend(element.extensions.iter().cloned());
    Value::Map(object.0)
}

fn sensor_metadata(metadata: &SensorMetadata) -> Vec<Field> {
    let mut object = Object::default();
    object.time("time", metadata.time.as_ref());
    object.time("startTime", metadata.start_time.as_ref());
    object.time("endTime", metadata.end_time.as_ref());
    object.text("deviceID", metadata.device_id.as_deref());
    object.0.extend(metadata.fields.iter().cloned());
    object.0
}

fn sensor_report(report: &SensorReport) -> Value {
    let mut object = Object::default();
    object.term("type", report.kind.as_ref());
    object.time("time", report.time.as_ref());
    object.text("deviceID", report.device_id.as_deref());
    object.number("value", report.value);
    object.number("minValue", report.min_value);
    object.number("maxValue", report.max_value);
    object.number("meanValue", report.mean_value);
    object.text("uom", report.uom.as_deref());
    object.0.extend(report.fields.iter().cloned());
    Value::Map(object.0)
}
