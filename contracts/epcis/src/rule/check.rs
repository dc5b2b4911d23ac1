//! One pass over an event, field by field.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Arguments;

use super::{Rule, Violation, identity, name, sensor, short, vocabulary};
use crate::by_words::ByWords;
use crate::event::{Action, Event, Items, Quantity, Reference, What};
use crate::identifier::Identifier;
use crate::limits::IDENTIFIER_BYTES_MAX;
use crate::term::Vocabulary;
use crate::time::Time;

/// What has been found so far.
#[derive(Default)]
pub(super) struct Findings(Vec<Violation>);

impl Findings {
    /// Records a broken rule. The path is written out only here, since most checks find nothing.
    pub(super) fn add(&mut self, path: Arguments<'_>, rule: Rule, reason: String) {
        self.0.push(Violation { path: short(path.to_string()), position: None, rule, reason: short(reason) });
    }
}

/// Everything that breaks a rule.
pub(super) fn all(event: &Event) -> Vec<Violation> {
    let mut found = Findings::default();
    whole(event, &mut found);
    what(event, &mut found);
    why(event, &mut found);
    for (at, element) in event.sensors.iter().enumerate() {
        sensor::check(element, event.time.ms(), format_args!("$.sensorElementList[{at}]"), &mut found);
    }
    if !event.ilmd.is_empty() && !is_birth(&event.what) {
        found.add(format_args!("$.ilmd"), Rule::IlmdPlace, format!("ilmd on {}", action_of(&event.what)));
    }
    name::check(event, &mut found);
    found.0
}

fn is_birth(what: &What) -> bool {
    matches!(what, What::Object { action: Action::Add, .. } | What::Transformation { .. })
}

fn action_of(what: &What) -> String {
    let action = what.action().map_or("", Action::word);
    format!("{action} {}", what.type_name())
}

/// The fields of every event.
fn whole(event: &Event, found: &mut Findings) {
    if event.event_id.as_deref().is_some_and(|id| !is_uri(id) || id.len() > IDENTIFIER_BYTES_MAX) {
        found.add(
            format_args!("$.eventID"),
            Rule::EventId,
            format!(
                "{:?} is not a URI of at most {IDENTIFIER_BYTES_MAX} bytes",
                event.event_id.as_deref().unwrap_or_default()
            ),
        );
    }
    time(&event.time, format_args!("$.eventTime"), found);
    if !event.sealed.is_empty() {
        found.add(format_args!("$"), Rule::Sealed, "sealed fields are not supported yet".to_owned());
    }
    if let Some(error) = &event.error {
        time(&error.time, format_args!("$.errorDeclaration.declarationTime"), found);
        if let Some(reason) = &error.reason {
            vocabulary::term(reason, Vocabulary::ErrorReason, format_args!("$.errorDeclaration.reason"), found);
        }
        for (at, id) in error.corrective_event_ids.iter().enumerate().filter(|(_, id)| !is_uri(id)) {
            let path = format_args!("$.errorDeclaration.correctiveEventIDs[{at}]");
            found.add(path, Rule::EventId, format!("{id:?} is not a URI"));
        }
    }
    if event.certification.len() > 1 {
        let reason = format!("{} references where one is allowed", event.certification.len());
        found.add(format_args!("$.certificationInfo"), Rule::CertificationCount, reason);
    }
    if let Some(text) = event.certification.iter().find(|text| !is_uri(text)) {
        found.add(format_args!("$.certificationInfo"), Rule::IdentifierUri, format!("{text:?} is not a URI"));
    }
}

/// A time decoded from bytes must be what its spelling says.
pub(super) fn time(time: &Time, path: Arguments<'_>, found: &mut Findings) {
    if !time.is_consistent() {
        found.add(path, Rule::TimeFormat, format!("{:?} is not a time with its spelling", time.text()));
    }
}

/// The things the event is about.
fn what(event: &Event, found: &mut Findings) {
    match &event.what {
        What::Object { items: things, .. } => {
            items(things, "epcList", "quantityList", found);
            // A sensor at a read point may have no object to name.
            let observed = !event.sensors.is_empty() && event.read_point.is_some();
            if things.is_empty() && !observed {
                missing("epcList", found);
            }
        }
        What::Transaction { action, parent, items: things } => {
            family(parent.as_ref(), things, "epcList", "quantityList", found);
            if things.is_empty() && *action != Action::Delete && parent.is_none() {
                missing("epcList", found);
            }
            if event.transactions.is_empty() {
                let reason = "a TransactionEvent without business transaction".to_owned();
                found.add(format_args!("$.bizTransactionList"), Rule::TransactionMissing, reason);
            }
        }
        What::Aggregation { action, parent, children } | What::Association { action, parent, children } => {
            family(parent.as_ref(), children, "childEPCs", "childQuantityList", found);
            if parent.is_none() && *action != Action::Observe {
                let reason = format!("{} without parentID", action_of(&event.what));
                found.add(format_args!("$.parentID"), Rule::ParentMissing, reason);
            }
            if children.is_empty() && *action != Action::Delete {
                missing("childEPCs", found);
            }
        }
        What::Transformation { inputs, outputs, id } => {
            items(inputs, "inputEPCList", "inputQuantityList", found);
            items(outputs, "outputEPCList", "outputQuantityList", found);
            if let Some(id) = id {
                identity::check(id, format_args!("$.transformationID"), found);
            }
            let (input, output) = (!inputs.is_empty(), !outputs.is_empty());
            if !(input && output) && !(id.is_some() && (input || output)) {
                let reason = match (input, output) {
                    (false, false) => "neither inputs nor outputs",
                    (false, true) => "no inputs",
                    _ => "no outputs",
                };
                found.add(format_args!("$"), Rule::TransformationItems, reason.to_owned());
            }
        }
    }
}

fn missing(list: &str, found: &mut Findings) {
    found.add(format_args!("$.{list}"), Rule::ItemsMissing, "no identifier and no class is named".to_owned());
}

/// A parent and its children.
fn family(parent: Option<&Identifier>, children: &Items, epcs: &str, quantities: &str, found: &mut Findings) {
    if let Some(parent) = parent {
        identity::check(parent, format_args!("$.parentID"), found);
        if children.epcs.iter().any(|child| child.canonical() == parent.canonical()) {
            found.add(format_args!("$.{epcs}"), Rule::ItemsParent, format!("{parent} is its own parent"));
        }
    }
    items(children, epcs, quantities, found);
}

fn items(things: &Items, epcs: &str, quantities: &str, found: &mut Findings) {
    for (at, id) in things.epcs.iter().enumerate() {
        identity::check(id, format_args!("$.{epcs}[{at}]"), found);
    }
    let mut sorted: Vec<ByWords<'_>> = things.epcs.iter().map(|epc| ByWords(epc.canonical())).collect();
    sorted.sort_unstable();
    if let Some([ByWords(twice), _]) = sorted.array_windows().find(|[first, second]| first == second) {
        found.add(format_args!("$.{epcs}"), Rule::ItemsTwice, format!("{twice} is named twice"));
    }
    for (at, element) in things.quantities.iter().enumerate() {
        quantity(element, format_args!("$.{quantities}[{at}]"), found);
    }
}

fn quantity(element: &Quantity, path: Arguments<'_>, found: &mut Findings) {
    identity::check(&element.class, format_args!("{path}.epcClass"), found);
    if let Some(amount) = element.quantity.filter(|amount| !amount.is_positive()) {
        found.add(format_args!("{path}.quantity"), Rule::QuantityPositive, format!("the quantity is {amount}"));
    }
    let Some(uom) = &element.uom else { return };
    let coded =
        matches!(uom.len(), 2 | 3) && uom.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !coded {
        found.add(format_args!("{path}.uom"), Rule::QuantityUnit, format!("{uom:?} is not a unit code"));
    }
}

/// Places, business context and parties.
fn why(event: &Event, found: &mut Findings) {
    for (place, name) in [(&event.read_point, "readPoint"), (&event.location, "bizLocation")] {
        if let Some(place) = place {
            identity::check(&place.id, format_args!("$.{name}.id"), found);
        }
    }
    if let Some(step) = &event.step {
        vocabulary::term(step, Vocabulary::BizStep, format_args!("$.bizStep"), found);
    }
    if let Some(disposition) = &event.disposition {
        vocabulary::term(disposition, Vocabulary::Disposition, format_args!("$.disposition"), found);
    }
    for (terms, path) in [(&event.persistent_set, "set"), (&event.persistent_unset, "unset")] {
        for (at, term) in terms.iter().enumerate() {
            let path = format_args!("$.persistentDisposition.{path}[{at}]");
            vocabulary::loose_term(term, Vocabulary::Disposition, path, found);
        }
    }
    let both =
        event.persistent_set.iter().find(|set| event.persistent_unset.iter().any(|unset| unset.word() == set.word()));
    if let Some(both) = both {
        let reason = format!("{} is set and unset", both.word());
        found.add(format_args!("$.persistentDisposition"), Rule::DispositionBoth, reason);
    }
    references(&event.transactions, Vocabulary::Transaction, ("bizTransactionList", "bizTransaction"), found);
    references(&event.sources, Vocabulary::Party, ("sourceList", "source"), found);
    references(&event.destinations, Vocabulary::Party, ("destinationList", "destination"), found);
}

fn references(list: &[Reference], vocabulary: Vocabulary, (list_name, name): (&str, &str), found: &mut Findings) {
    for (at, reference) in list.iter().enumerate() {
        identity::check(&reference.id, format_args!("$.{list_name}[{at}].{name}"), found);
        let path = format_args!("$.{list_name}[{at}].type");
        match &reference.kind {
            Some(kind) => vocabulary::term(kind, vocabulary, path, found),
            None if vocabulary == Vocabulary::Party => found.add(path, Rule::PartyType, "no type".to_owned()),
            None => {}
        }
    }
}

/// `scheme:rest`, printable and without spaces: what the schema's `uri` means in daily use.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let named = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_'));
    named && !rest.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
