//! The event hash of the Core Business Vocabulary 2.0 (§8.9): a name for what an event says, however it was written.
//!
//! An alias and no identity: here an event is identified by the hash of its own canonical bytes, since published
//! implementations of this one differ. The order of fields below is that of the reference implementation
//! (`RalphTro/epcis-event-hash-generator`), whose vectors are all reproduced. Where implementations differ:
//!
//! | where | here |
//! |---|---|
//! | a key with wrong digits | stays as written |
//! | an extension's prefix | has the namespace that the event's context declares, or the standard's; as written if neither does |
//! | `prefix:name` as a value | is expanded, if the prefix is declared |
//! | truth values | `true`, `false` |
//! | numbers | exact, however many digits they have |
//! | half a millisecond and more | rounds up |
//! | an extension of a place or sensor reading | stands at the end of what it extends |
//! | comments, a nested `@context` | left out |
//!
//! The time of record, the `eventID` and an error declaration are no part of it: an event and the declaration that
//! it is in error share their hash.

mod name;
mod value;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::event::{Action, Event, Items, Place, Quantity, Reference, What};
use crate::sensor::{SensorElement, SensorMetadata, SensorReport};
use crate::term::{Term, Vocabulary};
use crate::time::Time;
use crate::value::{Field, Value};

use name::Names;

/// The hash of an event as the standard writes it: `ni:///sha-256;…?ver=CBV2.0`.
#[must_use]
pub fn alias(event: &Event) -> String {
    let digest = Sha256::digest(prehash(event).as_bytes());
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("ni:///sha-256;{hex}?ver=CBV2.0")
}

/// The text that is hashed: names and canonical values in the order of the standard.
#[must_use]
pub fn prehash(event: &Event) -> String {
    let names = Names::of(&event.context);
    let mut text = format!("eventType={}", event.what.type_name());
    text += &time("eventTime", Some(&event.time));
    text += &field("eventTimeZoneOffset", &event.offset.to_string());
    let certificates = event.certification.iter().map(|text| field("certificationInfo", &value::text(&names, text)));
    text += &sorted(certificates.collect());
    text += &things(&event.what);
    text += &field("bizStep", &event.step.as_ref().map_or_else(String::new, |step| word(&names, step, STEP)));
    let condition = event.disposition.as_ref().map(|condition| word(&names, condition, CONDITION));
    text += &field("disposition", &condition.unwrap_or_default());
    let conditions = |name: &str, terms: &[Term]| {
        sorted(terms.iter().map(|term| field(name, &word(&names, term, CONDITION))).collect())
    };
    let persistent = conditions("set", &event.persistent_set) + &conditions("unset", &event.persistent_unset);
    text += &group("persistentDisposition", &persistent);
    text += &group("readPoint", &event.read_point.as_ref().map(|at| place(&names, at)).unwrap_or_default());
    text += &group("bizLocation", &event.location.as_ref().map(|at| place(&names, at)).unwrap_or_default());
    let sensors = event.sensors.iter().map(|element| group("sensorElement", &sensor_element(&names, element)));
    text += &group("sensorElementList", &sorted(sensors.collect()));
    text + &residue(&names, event)
}

/// A vocabulary, and where the standard publishes its words.
type Published = (Vocabulary, &'static str);
const STEP: Published = (Vocabulary::BizStep, "https://ref.gs1.org/cbv/BizStep-");
const CONDITION: Published = (Vocabulary::Disposition, "https://ref.gs1.org/cbv/Disp-");
const DOCUMENT: Published = (Vocabulary::Transaction, "https://ref.gs1.org/cbv/BTT-");
const PARTY: Published = (Vocabulary::Party, "https://ref.gs1.org/cbv/SDT-");
const MEASUREMENT: Published = (Vocabulary::Measurement, "https://gs1.org/voc/");

/// `name=value`; nothing for an empty value.
fn field(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{name}={value}") }
}

/// A name and what stands below it; nothing without the latter.
fn group(name: &str, inner: &str) -> String {
    if inner.is_empty() { String::new() } else { format!("{name}{inner}") }
}

/// Elements whose order means nothing.
fn sorted(mut elements: Vec<String>) -> String {
    elements.sort_unstable();
    elements.concat()
}

fn time(name: &str, time: Option<&Time>) -> String {
    time.map_or_else(String::new, |time| field(name, &value::instant(time)))
}

/// A word under its address if it is of the standard, and otherwise as it was written.
fn word(names: &Names, term: &Term, (vocabulary, address): Published) -> String {
    if term.is_standard(vocabulary) || term.word() != term.written() {
        format!("{address}{}", term.word())
    } else {
        value::text(names, term.written())
    }
}

/// Parent, items, action and the name of a transformation.
fn things(what: &What) -> String {
    let (first, second) = what.items();
    let names = match what {
        What::Object { .. } | What::Transaction { .. } => ("epcList", "quantityList"),
        What::Aggregation { .. } | What::Association { .. } => ("childEPCs", "childQuantityList"),
        What::Transformation { .. } => ("inputEPCList", "inputQuantityList"),
    };
    let mut text = field("parentID", &what.parent().map(|parent| value::key(parent.canonical())).unwrap_or_default());
    text += &items(first, names);
    if let Some(second) = second {
        text += &items(second, ("outputEPCList", "outputQuantityList"));
    }
    text += &field("action", what.action().map_or("", Action::word));
    if let What::Transformation { id: Some(id), .. } = what {
        text += &field("transformationID", &value::key(id.canonical()));
    }
    text
}

fn items(items: &Items, (epcs, quantities): (&str, &str)) -> String {
    let instances = items.epcs.iter().map(|id| field("epc", &value::key(id.canonical()))).collect();
    let amounts = items.quantities.iter().map(|amount| group("quantityElement", &quantity(amount))).collect();
    group(epcs, &sorted(instances)) + &group(quantities, &sorted(amounts))
}

fn quantity(amount: &Quantity) -> String {
    field("epcClass", &value::key(amount.class.canonical()))
        + &field("quantity", &amount.quantity.map(value::number).unwrap_or_default())
        + &field("uom", amount.uom.as_deref().unwrap_or_default())
}

fn place(names: &Names, place: &Place) -> String {
    field("id", &value::key(place.id.canonical())) + &value::extensions(names, &place.extensions)
}

fn sensor_element(names: &Names, element: &SensorElement) -> String {
    let metadata = element.metadata.as_ref().map(|metadata| sensor_metadata(names, metadata)).unwrap_or_default();
    let reports = element.reports.iter().map(|report| group("sensorReport", &sensor_report(names, report))).collect();
    group("sensorMetadata", &metadata) + &sorted(reports) + &value::extensions(names, &element.extensions)
}

fn sensor_metadata(names: &Names, metadata: &SensorMetadata) -> String {
    const ORDER: [&str; 4] = ["deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"];
    let mut text = time("time", metadata.time.as_ref());
    text += &time("startTime", metadata.start_time.as_ref());
    text += &time("endTime", metadata.end_time.as_ref());
    text += &field("deviceID", &value::text(names, metadata.device_id.as_deref().unwrap_or_default()));
    text += &in_order(names, &metadata.fields, &ORDER);
    text + &beyond(names, &metadata.fields, &[&ORDER])
}

fn sensor_report(names: &Names, report: &SensorReport) -> String {
    const DEVICE: [&str; 3] = ["deviceMetadata", "rawData", "dataProcessingMethod"];
    const SUBJECT: [&str; 2] = ["microorganism", "chemicalSubstance"];
    const READING: [&str; 4] = ["stringValue", "booleanValue", "hexBinaryValue", "uriValue"];
    const STATISTICS: [&str; 3] = ["sDev", "percRank", "percValue"];
    const SYSTEM: [&str; 1] = ["coordinateReferenceSystem"];
    let fields = &report.fields;
    // A reading that is not a number was left among the fields.
    let number = |name: &str, read: Option<_>| match read {
        Some(read) => field(name, &value::number(read)),
        None => in_order(names, fields, &[name]),
    };
    let published = |name: &str, address: &str| {
        let text = fields.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_text());
        let text = value::text(names, text.unwrap_or_default());
        let bare = !text.is_empty() && !text.contains([':', '/']);
        field(name, &if bare { format!("{address}{text}") } else { text })
    };
    let mut text = field("type", &report.kind.as_ref().map(|kind| word(names, kind, MEASUREMENT)).unwrap_or_default());
    text += &published("exception", MEASUREMENT.1);
    text += &field("deviceID", &value::text(names, report.device_id.as_deref().unwrap_or_default()));
    text += &in_order(names, fields, &DEVICE);
    text += &time("time", report.time.as_ref());
    text += &in_order(names, fields, &SUBJECT);
    text += &number("value", report.value);
    text += &published("component", "https://ref.gs1.org/cbv/Comp-");
    text += &in_order(names, fields, &READING);
    text += &number("minValue", report.min_value);
    text += &number("maxValue", report.max_value);
    text += &number("meanValue", report.mean_value);
    text += &in_order(names, fields, &STATISTICS);
    text += &field("uom", report.uom.as_deref().unwrap_or_default());
    text += &in_order(names, fields, &SYSTEM);
    let named = ["exception", "component", "value", "minValue", "maxValue", "meanValue"];
    text + &beyond(names, fields, &[&DEVICE, &SUBJECT, &READING, &STATISTICS, &SYSTEM, &named])
}

/// The fields of these names, in this order.
fn in_order(names: &Names, fields: &[Field], order: &[&str]) -> String {
    let named = order.iter().filter_map(|name| fields.iter().find(|(key, _)| key == name));
    named.map(|one| value::extensions(names, core::slice::from_ref(one))).collect()
}

/// The fields of other names than these.
fn beyond(names: &Names, fields: &[Field], known: &[&[&str]]) -> String {
    let unknown = |(key, _): &&Field| !known.iter().any(|names| names.contains(&key.as_str()));
    value::extensions(names, &fields.iter().filter(unknown).cloned().collect::<Vec<_>>())
}

/// What the standard gives no place of its own: sorted as text.
fn residue(names: &Names, event: &Event) -> String {
    let list = |list: &str, name: &str, published: Published, references: &[Reference]| {
        let one = |reference: &Reference| {
            let kind = reference.kind.as_ref().map(|kind| word(names, kind, published)).unwrap_or_default();
            field("type", &kind) + &field(name, &value::key(reference.id.canonical()))
        };
        group(list, &sorted(references.iter().map(one).collect()))
    };
    let mut elements = Vec::from([
        list("bizTransactionList", "bizTransaction", DOCUMENT, &event.transactions),
        list("sourceList", "source", PARTY, &event.sources),
        list("destinationList", "destination", PARTY, &event.destinations),
    ]);
    let ilmd = (!event.ilmd.is_empty()).then(|| ("ilmd".to_owned(), Value::Map(event.ilmd.clone())));
    for field in event.extensions.iter().chain(&ilmd) {
        elements.extend(value::extension(names, field));
    }
    sorted(elements)
}
