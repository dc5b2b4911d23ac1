//! Facts: what an event says of one thing, wherever it says it.
//!
//! Looked at are, in this order, the master data that the event carries for the thing (`gs1:masterDataAvailableFor`),
//! its instance or lot master data, and its extensions. Names are compared without their prefixes, since the same
//! attribute comes from several vocabularies.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::decimal::Decimal;
use crate::event::{Event, Items, Reference};
use crate::identifier::{self, Identifier, Kind};
use crate::value::{Field, Value};

/// The member that carries master data for several things.
const MASTER_DATA: &str = "masterDataAvailableFor";

/// What `event` says of `id` under the first of `names` that it uses.
pub(super) fn said(event: &Event, id: &str, names: &[&str]) -> String {
    let is_own = |named: &str| identifier::canonical(named).ok().flatten().as_deref().unwrap_or(named) == id;
    let found = names.iter().find_map(|name| {
        let own = all(event).filter(|(named, _)| is_own(named)).flat_map(|(_, fields)| fields);
        let elsewhere = event.extensions.iter().filter(|(key, _)| !is_master_data(key));
        own.chain(&event.ilmd).chain(elsewhere).find_map(|field| within(field, name))
    });
    found.unwrap_or_default()
}

/// Whether an extension carries master data for several things.
pub(super) fn is_master_data(name: &str) -> bool {
    local(name) == MASTER_DATA
}

/// The master data that an event carries, each with what it is for.
pub(super) fn all(event: &Event) -> impl Iterator<Item = (&str, &[Field])> {
    let lists = event.extensions.iter().filter(|(key, _)| is_master_data(key));
    let elements = lists.flat_map(|(_, value)| value.as_list().unwrap_or(core::slice::from_ref(value)));
    elements.filter_map(|element| Some((element.member("id")?.as_text()?, element.as_map()?)))
}

/// The first text under one of `names`, the first of which counts most.
pub(super) fn first(fields: &[Field], names: &[&str]) -> String {
    let found = names.iter().find_map(|name| fields.iter().find_map(|field| within(field, name)));
    found.unwrap_or_default()
}

/// The first text under `name` in a field. Nested no deeper than [`crate::limits::NESTING_MAX`].
fn within((key, value): &Field, name: &str) -> Option<String> {
    if local(key) == name
        && let Some(text) = text(value)
    {
        return Some(text);
    }
    match value {
        Value::Map(fields) => fields.iter().find_map(|field| within(field, name)),
        Value::List(items) => items.iter().filter_map(Value::as_map).flatten().find_map(|field| within(field, name)),
        _ => None,
    }
}

/// A value as the text of a cell; the first of several, and the text of one in a language.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Text(text) => text.trim().to_owned(),
        Value::Number(number) => number.reduced().to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::List(items) => text(items.first()?)?,
        Value::Map(_) => text(value.member("@value").or_else(|| value.member("@id"))?)?,
        Value::Null => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A name without its prefix or namespace.
pub(super) fn local(name: &str) -> &str {
    name.rsplit([':', '/', '#']).next().unwrap_or(name)
}

/// How much of `id` these are, and the unit; instances of a lot count as pieces of it. Empty where they do not say, or
/// in several units.
pub(super) fn amount(items: &Items, id: &Identifier) -> (String, String) {
    let unknown = || (String::new(), String::new());
    let mut sum: Option<(Decimal, String)> = None;
    for quantity in items.quantities.iter().filter(|quantity| quantity.class.canonical() == id.canonical()) {
        let Some(more) = quantity.quantity else { return unknown() };
        let unit = quantity.uom.clone().unwrap_or_else(|| PIECES.to_owned());
        sum = match sum {
            None => Some((more, unit)),
            Some((before, of)) if of == unit => match before.checked_add(more) {
                Some(both) => Some((both, of)),
                None => return unknown(),
            },
            Some(_) => return unknown(),
        };
    }
    if let Some((sum, unit)) = sum {
        return (sum.reduced().to_string(), unit);
    }
    let is_own = |epc: &&Identifier| match id.kind() {
        Kind::Lot => epc.lot_class().is_some_and(|lot| lot.canonical() == id.canonical()),
        _ => epc.canonical() == id.canonical(),
    };
    match items.epcs.iter().filter(is_own).count() {
        0 => unknown(),
        count => (count.to_string(), PIECES.to_owned()),
    }
}

/// UN/ECE Recommendation 20: each.
pub(super) const PIECES: &str = "EA";

/// The parties or places of a list, in the order of preference of their roles.
pub(super) fn party(references: &[Reference], roles: &[&str]) -> String {
    let of_role = |role: &&str| {
        let is_own = |reference: &&Reference| reference.kind.as_ref().is_some_and(|kind| kind.word() == *role);
        references.iter().find(is_own)
    };
    roles.iter().find_map(of_role).map(|reference| reference.id.canonical().to_owned()).unwrap_or_default()
}

/// Where an event happened, or where the things are afterwards.
pub(super) fn place(event: &Event) -> String {
    let place = event.read_point.as_ref().or(event.location.as_ref());
    place.map(|place| place.id.canonical().to_owned()).unwrap_or_default()
}

/// The types and the numbers of an event's business documents, each side by side.
pub(super) fn documents(event: &Event) -> (String, String) {
    let kinds = event.transactions.iter().map(|document| document.kind.as_ref().map_or("", |kind| kind.word()));
    let numbers = event.transactions.iter().map(|document| document.id.written());
    (joined(kinds), joined(numbers))
}

/// Several texts in one cell.
pub(super) fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join("; ")
}

/// The lot code of a lot as it stands on the label; of an identifier outside GS1, all of it.
pub(super) fn lot_code(id: &Identifier) -> String {
    match id.lot() {
        Some(lot) => identifier::decoded(&lot).unwrap_or(lot),
        None => id.written().to_owned(),
    }
}
