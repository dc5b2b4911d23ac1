//! Sensor elements: TCR-53, and the schema's types of their attributes.

use alloc::borrow::ToOwned;
use alloc::format;
use core::fmt::Arguments;

use super::check::{Findings, time};
use super::{Rule, vocabulary};
use crate::sensor::{SensorElement, SensorMetadata, SensorReport};
use crate::term::Vocabulary;
use crate::time::Time;
use crate::value::{Field, Value};

/// Checks an element of an event that happened at `event_ms`.
pub(super) fn check(element: &SensorElement, event_ms: i64, path: Arguments<'_>, found: &mut Findings) {
    if element.reports.is_empty() {
        found.add(format_args!("{path}.sensorReport"), Rule::SensorReport, "no report".to_owned());
    }
    if let Some(metadata) = &element.metadata {
        let path = format_args!("{path}.sensorMetadata");
        for (at, name) in
            [(&metadata.time, "time"), (&metadata.start_time, "startTime"), (&metadata.end_time, "endTime")]
        {
            moment(at.as_ref(), event_ms, format_args!("{path}.{name}"), found);
        }
        attributes(&metadata.fields, path, found);
    }
    for (at, report) in element.reports.iter().enumerate() {
        let path = format_args!("{path}.sensorReport[{at}]");
        moment(report.time.as_ref(), event_ms, format_args!("{path}.time"), found);
        if let Some(kind) = &report.kind {
            vocabulary::loose_term(kind, Vocabulary::Measurement, format_args!("{path}.type"), found);
        }
        attributes(&report.fields, path, found);
        if let Some(metadata) = &element.metadata {
            twice(metadata, report, path, found);
        }
    }
}

/// A time within the event: consistent, and not later than the event itself.
fn moment(at: Option<&Time>, event_ms: i64, path: Arguments<'_>, found: &mut Findings) {
    let Some(at) = at else { return };
    time(at, path, found);
    if at.ms() > event_ms {
        found.add(path, Rule::SensorLater, format!("{} is after the event", at.text()));
    }
}

/// TCR-53, set 3: an attribute that both may carry is in one of them.
fn twice(metadata: &SensorMetadata, report: &SensorReport, path: Arguments<'_>, found: &mut Findings) {
    let named = |fields: &[Field], name: &str| fields.iter().any(|(key, _)| key == name);
    let mut add = |name: &str| {
        let reason = format!("{name} is in sensorMetadata and in sensorReport");
        found.add(format_args!("{path}.{name}"), Rule::SensorTwice, reason);
    };
    if metadata.time.is_some() && report.time.is_some() {
        add("time");
    }
    if metadata.device_id.is_some() && report.device_id.is_some() {
        add("deviceID");
    }
    for name in ["deviceMetadata", "rawData", "dataProcessingMethod"] {
        if named(&metadata.fields, name) && named(&report.fields, name) {
            add(name);
        }
    }
}

/// The standard's attributes that are kept as values have the types of the schema.
fn attributes(fields: &[Field], path: Arguments<'_>, found: &mut Findings) {
    for (name, value) in fields {
        let (fits, wanted) = match name.as_str() {
            "deviceMetadata"
            | "rawData"
            | "dataProcessingMethod"
            | "bizRules"
            | "microorganism"
            | "chemicalSubstance"
            | "coordinateReferenceSystem"
            | "uriValue"
            | "component"
            | "exception"
            | "stringValue"
            | "hexBinaryValue" => (value.as_text().is_some(), "a string"),
            "booleanValue" => (matches!(value, Value::Bool(_)), "true or false"),
            // Published documents also write readings as strings of digits.
            "sDev" | "percRank" | "percValue" | "value" | "minValue" | "maxValue" | "meanValue" => {
                (is_number(value), "a number")
            }
            _ => continue,
        };
        if !fits {
            found.add(format_args!("{path}.{name}"), Rule::FieldType, format!("{name} is not {wanted}"));
        }
    }
}

fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Text(text) => text.parse::<crate::Decimal>().is_ok(),
        _ => false,
    }
}
