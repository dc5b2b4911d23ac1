//! Names of extension fields: declared, distinct, and none that the standard has taken.
//!
//! A rendering writes extensions beside the standard's fields, so an extension of the same name would make
//! two members of one object and let two readers see two events.

use alloc::format;
use alloc::vec::Vec;
use core::fmt::Arguments;

use super::check::Findings;
use super::{Rule, step};
use crate::context::{Context, known};
use crate::event::Event;
use crate::sensor::SensorElement;
use crate::value::{Field, Value};

/// The fields of events; no context may give them another meaning either.
const EVENT: [&str; 29] = [
    "@context",
    "type",
    "eventID",
    "eventTime",
    "eventTimeZoneOffset",
    "recordTime",
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
    "bizStep",
    "disposition",
    "persistentDisposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "ilmd",
    "certificationInfo",
    "errorDeclaration",
];
const PLACE: [&str; 1] = ["id"];
const ERROR: [&str; 3] = ["declarationTime", "reason", "correctiveEventIDs"];
const ELEMENT: [&str; 2] = ["sensorMetadata", "sensorReport"];
const METADATA: [&str; 4] = ["time", "startTime", "endTime", "deviceID"];
const REPORT: [&str; 4] = ["type", "time", "deviceID", "uom"];

/// Checks the names of all extensions, and the context that declares them.
pub(super) fn check(event: &Event, found: &mut Findings) {
    for (at, entry) in event.context.iter().enumerate() {
        if let Err(fault) = known(entry) {
            let path = fault.below(&format!("$.@context[{at}]")).path;
            found.add(format_args!("{path}"), Rule::ContextUnknown, "a context that is not pinned".into());
        }
        let terms = entry.as_map().unwrap_or_default();
        if let Some((name, _)) = terms.iter().find(|(name, _)| EVENT.contains(&name.as_str())) {
            let reason = format!("{name:?} is a term of the standard");
            found.add(format_args!("$.@context[{at}].{name}"), Rule::ContextProtected, reason);
        }
    }
    let context = Context::of(&event.context);
    extensions(&event.extensions, &EVENT, format_args!("$"), context, found);
    for (place, name) in [(&event.read_point, "readPoint"), (&event.location, "bizLocation")] {
        if let Some(place) = place {
            extensions(&place.extensions, &PLACE, format_args!("$.{name}"), context, found);
        }
    }
    if let Some(error) = &event.error {
        extensions(&error.extensions, &ERROR, format_args!("$.errorDeclaration"), context, found);
    }
    extensions(&event.ilmd, &[], format_args!("$.ilmd"), context, found);
    for (at, element) in event.sensors.iter().enumerate() {
        sensor(element, format_args!("$.sensorElementList[{at}]"), found);
    }
}

/// Names of extensions: taken by nobody, and under a declared prefix.
fn extensions(fields: &[Field], taken: &[&str], path: Arguments<'_>, context: Context<'_>, found: &mut Findings) {
    distinct(fields, taken, path, found);
    for (name, _) in fields {
        let (rule, reason) = match name.split_once(':') {
            // Names that begin with an underscore are comments by convention, names with @ are JSON-LD's.
            None if name.starts_with(['_', '@']) || context.defines(name) => continue,
            None => (Rule::FieldUnknown, format!("{name:?} has no namespace")),
            Some((prefix, _)) if context.defines(prefix) => continue,
            Some((prefix, _)) => (Rule::ContextUndeclared, format!("prefix {prefix:?} is not declared")),
        };
        let step = step(name);
        found.add(format_args!("{path}{}", step.trim_start_matches('$')), rule, reason);
    }
}

/// No name twice, in the fields or in the objects within them.
fn distinct(fields: &[Field], taken: &[&str], path: Arguments<'_>, found: &mut Findings) {
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let twice = names.array_windows().find(|[first, second]| first == second).map(|[name, _]| *name);
    if let Some(name) = twice.or_else(|| names.into_iter().find(|name| taken.contains(name))) {
        found.add(path, Rule::FieldTwice, format!("{name:?} is taken"));
    }
    for (name, value) in fields {
        within(value, format_args!("{path}.{name}"), found);
    }
}

fn within(value: &Value, path: Arguments<'_>, found: &mut Findings) {
    match value {
        Value::List(items) => items.iter().for_each(|item| within(item, path, found)),
        Value::Map(fields) => distinct(fields, &[], path, found),
        _ => {}
    }
}

fn sensor(element: &SensorElement, path: Arguments<'_>, found: &mut Findings) {
    distinct(&element.extensions, &ELEMENT, path, found);
    if let Some(metadata) = &element.metadata {
        distinct(&metadata.fields, &METADATA, format_args!("{path}.sensorMetadata"), found);
    }
    for (at, report) in element.reports.iter().enumerate() {
        let path = format_args!("{path}.sensorReport[{at}]");
        distinct(&report.fields, &REPORT, path, found);
        // A reading written as a string stays among the fields, unless there is one written as a number.
        let readings = [
            ("value", report.value),
            ("minValue", report.min_value),
            ("maxValue", report.max_value),
            ("meanValue", report.mean_value),
        ];
        let named = |name: &str| report.fields.iter().any(|(field, _)| field == name);
        if let Some((name, _)) = readings.into_iter().find(|(name, number)| number.is_some() && named(name)) {
            found.add(path, Rule::FieldTwice, format!("{name:?} is taken"));
        }
    }
}
