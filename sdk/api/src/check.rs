//! Checking EPCIS documents by the rules of capture: the same on a node and before signing.

use crate::limits::WARNINGS_MAX;
use crate::method::epcis::{Checked, CheckedEvent, Fault};
use countersign_epcis::Event;
use countersign_epcis::document::{Document, parse};
use countersign_epcis::rule::{Policy, Violation};
use countersign_types::Hash;
use countersign_types::hash::sha256;

/// Checks a document by itself, as far as it alone tells.
#[must_use]
pub fn check(bytes: &[u8]) -> Checked {
    let document = match parse(bytes, Policy::default()) {
        Ok(document) => document,
        Err(violation) => {
            return Checked { valid: false, faults: vec![fault(violation)], events: Vec::new() };
        }
    };
    let mut room = WARNINGS_MAX;
    let event = |(index, event): (usize, &Result<Event, Violation>)| {
        let (warnings, warnings_omitted) = warnings(&document, index, &mut room);
        CheckedEvent {
            index: u64::try_from(index).unwrap_or(u64::MAX),
            event_id: document.event_id(index).map(str::to_owned),
            hash: event.as_ref().ok().map(|event| Hash(sha256(&event.canonical_bytes()))),
            faults: event.as_ref().err().cloned().map(fault).into_iter().collect(),
            warnings,
            warnings_omitted,
        }
    };
    let events: Vec<CheckedEvent> = document.events.iter().enumerate().map(event).collect();
    Checked { valid: events.iter().all(|event| event.faults.is_empty()), faults: Vec::new(), events }
}

/// What capture lets pass of an event, as far as there is room, and how much more there is.
#[must_use]
pub fn warnings(document: &Document, index: usize, room: &mut usize) -> (Vec<Fault>, u64) {
    let mut warnings = document.warnings(index);
    let omitted = warnings.len().saturating_sub(*room);
    warnings.truncate(*room);
    *room = room.saturating_sub(warnings.len());
    (warnings.into_iter().map(fault).collect(), u64::try_from(omitted).unwrap_or(u64::MAX))
}

/// A violation of a rule in the interface's form.
#[must_use]
pub fn fault(violation: Violation) -> Fault {
    let hint = violation.hint().to_owned();
    let Violation { path, position, rule, reason } = violation;
    Fault { path, position: position.map(Into::into), rule: rule.name().to_owned(), reason, hint }
}
