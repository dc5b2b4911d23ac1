//! Checking EPCIS documents by the rules of capture: the same on a node and before signing.

use crate::method::epcis::{Checked, CheckedEvent, Fault};
use countersign_epcis::json::{Document, Shape, parse};
use countersign_epcis::rule::{Policy, Violation};
use countersign_types::Hash;
use countersign_types::hash::sha256;

/// Checks a document by itself, as far as it alone tells.
#[must_use]
pub fn check(bytes: &[u8]) -> Checked {
    let document = match parse(bytes, Policy::default()) {
        Ok(document) => document,
        Err(violation) => return Checked { valid: false, faults: vec![fault(&violation)], events: Vec::new() },
    };
    let ids = written_ids(bytes, &document);
    let events: Vec<CheckedEvent> = (0..)
        .zip(document.events.iter().zip(ids))
        .map(|(index, (event, event_id))| match event {
            Ok(event) => {
                CheckedEvent { index, event_id, hash: Some(Hash(sha256(&event.canonical_bytes()))), faults: Vec::new() }
            }
            Err(violation) => CheckedEvent { index, event_id, hash: None, faults: vec![fault(violation)] },
        })
        .collect();
    Checked { valid: events.iter().all(|event| event.faults.is_empty()), faults: Vec::new(), events }
}

/// A violation of a rule in the interface's form.
#[must_use]
pub fn fault(violation: &Violation) -> Fault {
    Fault {
        path: violation.path.clone(),
        rule: violation.rule.name().to_owned(),
        reason: violation.reason.clone(),
        hint: violation.hint().to_owned(),
    }
}

/// The eventID of each event as it stands in the file, of rejected ones too.
#[must_use]
pub fn written_ids(bytes: &[u8], document: &Document) -> Vec<Option<String>> {
    let value = countersign_epcis::json::read(bytes).ok();
    let mut list = value.as_ref();
    for name in members(document.shape) {
        list = list.and_then(|value| value.member(name));
    }
    (0..document.events.len())
        .map(|index| {
            let event = match (document.shape, list) {
                (Shape::Event, value) => value,
                (_, Some(countersign_epcis::Value::List(items))) => items.get(index),
                _ => None,
            };
            event?.member("eventID")?.as_text().map(str::to_owned)
        })
        .collect()
}

/// The JSON path of an event in its document.
#[must_use]
pub fn event_path(shape: Shape, index: usize) -> String {
    if shape == Shape::Event {
        return "$".to_owned();
    }
    let members: String = members(shape).iter().map(|name| format!(".{name}")).collect();
    format!("${members}[{index}]")
}

fn members(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Document => &["epcisBody", "eventList"],
        Shape::QueryDocument => &["epcisBody", "queryResults", "resultsBody", "eventList"],
        Shape::Event | Shape::List => &[],
    }
}
