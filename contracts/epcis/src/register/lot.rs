//! Lots: which lot the instances of an event belong to, by its master data or by the spelling of their
//! identifiers. Capture and the walk both go by this.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use crate::event::{Action, Event, What};
use crate::identifier::{HOST, Identifier, Kind, kind};
use crate::value::Value;

/// The canonical identifier of a lot of a trade item; `lot` is percent-encoded.
#[must_use]
pub fn lot_of(gtin: &str, lot: &str) -> String {
    format!("{HOST}01/{gtin}/10/{lot}")
}

/// Whether `canonical` is what [`lot_of`] makes of the others.
pub(crate) fn is_lot_of(canonical: &str, gtin: &str, lot: &str) -> bool {
    let rest = canonical.strip_prefix(HOST).and_then(|path| path.strip_prefix("01/"));
    rest.and_then(|rest| rest.strip_prefix(gtin)?.strip_prefix("/10/")) == Some(lot)
}

/// The instances that `event` says the lot of, each with that lot, percent-encoded.
pub fn lots(event: &Event) -> impl Iterator<Item = (&Identifier, Cow<'_, str>)> {
    let (first, second) = event.what.items();
    let born = match &event.what {
        What::Object { action: Action::Add, .. } => Some(first),
        What::Transformation { .. } => second,
        _ => None,
    };
    let given = born.and_then(|_| master_data(event));
    let epcs = first.epcs.iter().map(move |epc| (epc, second.is_none()));
    let epcs = epcs.chain(second.into_iter().flat_map(|items| items.epcs.iter().map(|epc| (epc, true))));
    epcs.filter_map(move |(epc, is_born)| {
        if epc.written() == epc.canonical() && (given.is_none() || !is_born) {
            return None;
        }
        if epc.kind() != Kind::Instance {
            return None;
        }
        match &given {
            Some(lot) if is_born => Some((epc, Cow::Owned(lot.clone()))),
            _ => epc.lot().map(|lot| (epc, Cow::Owned(lot))),
        }
    })
}

/// The lot number in the event's instance or lot master data, percent-encoded as in a canonical link.
fn master_data(event: &Event) -> Option<String> {
    let value = event.ilmd.iter().find(|(name, _)| local(name) == "lotNumber").map(|(_, value)| value)?;
    let text = match value {
        Value::Text(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => Cow::Owned(format!("{number}")),
        _ => return None,
    };
    // Any trade item will do to have the text spelled as in canonical links.
    let link = Identifier::parse(&lot_of("00000000000000", &escaped(&text))).ok()?;
    (kind(link.canonical()) == Kind::Lot).then(|| link.lot()).flatten()
}

/// A text with all but letters and digits percent-encoded, as it may stand in a link.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("writing to memory cannot fail");
        }
    }
    escaped
}

/// A name without its prefix or namespace.
fn local(name: &str) -> &str {
    name.rsplit([':', '/', '#']).next().unwrap_or(name)
}
