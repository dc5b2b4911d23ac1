//! Checking EPCIS documents by the rules of capture: the same on a node and before signing.

use crate::limits::WARNINGS_MAX;
use crate::method::epcis::{Checked, CheckedEvent, Fault};
use countersign_epcis::Event;
use countersign_epcis::document::{Document, parse};
use countersign_epcis::rule::{Policy, Position, Rule, Violation};
use countersign_types::Hash;
use countersign_types::hash::sha256;

/// Checks a document by itself, as far as it alone tells.
#[must_use]
pub fn check(bytes: &[u8]) -> Checked {
    match parse(bytes, Policy::default()) {
        Ok(document) => checked(&document),
        Err(violation) => refused(violation),
    }
}

/// The verdict on a text that is no document.
#[must_use]
pub fn refused(violation: Violation) -> Checked {
    Checked { valid: false, faults: vec![fault(violation)], events: Vec::new(), ledger: None }
}

/// The verdict on a document by itself.
#[must_use]
pub fn checked(document: &Document) -> Checked {
    let mut room = WARNINGS_MAX;
    let event = |(index, event): (usize, &Result<Event, Violation>)| {
        let (warnings, warnings_omitted) = warnings(document, index, &mut room);
        CheckedEvent {
            index: u64::try_from(index).unwrap_or(u64::MAX),
            event_id: document.event_id(index).map(str::to_owned),
            hash: event.as_ref().ok().map(|event| Hash(sha256(&event.canonical_bytes()))),
            faults: event.as_ref().err().cloned().map(fault).into_iter().collect(),
            warnings,
            warnings_omitted,
            capture: None,
        }
    };
    let events: Vec<CheckedEvent> = document.events.iter().enumerate().map(event).collect();
    let valid = events.iter().all(|event| event.faults.is_empty());
    Checked { valid, faults: Vec::new(), events, ledger: None }
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

/// A refusal that names a rule and a JSON path within an event; `place` says where that is in its document.
#[must_use]
pub fn refusal(rule: &str, path: &str, reason: &str, place: &dyn Fn(&str) -> (String, Option<Position>)) -> Fault {
    let (path, position) = place(path);
    let reason = if reason.is_empty() { format!("it breaks the rule {rule}") } else { reason.to_owned() };
    Fault { path, position: position.map(Into::into), rule: rule.to_owned(), reason, hint: hint(rule).to_owned() }
}

/// What to do about a rule that needs the ledger to be broken.
fn hint(rule: &str) -> &'static str {
    match rule {
        "containment.cycle" => "a container cannot be inside its own content; check parent and children",
        "containment.nesting" => "containers are in containers too deeply",
        "containment.two" => "take it out of the other container first, with a DELETE",
        "object.commissioned" => {
            "a serial number is commissioned once; check the serial, or declare the earlier event in error"
        }
        "event.conflict" => "give the event an eventID of its own, or declare the earlier one in error",
        "error.declarer" => "the organisation that submitted the event declares its error",
        _ => Rule::ALL.iter().find(|known| known.name() == rule).map_or("", |known| known.hint()),
    }
}
