//! Values in their one form: addresses instead of words, links instead of URNs, numbers without idle zeros, times
//! in UTC to the millisecond.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::name::Names;
use super::sorted;
use crate::decimal::Decimal;
use crate::identifier::{self, HOST};
use crate::time::{Time, utc};
use crate::value::{Field, Value};

/// Words of the vocabulary as URNs, and where they are published now.
const ADDRESSES: [(&str, &str); 5] = [
    ("urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-"),
    ("urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-"),
    ("urn:epcglobal:cbv:btt:", "https://ref.gs1.org/cbv/BTT-"),
    ("urn:epcglobal:cbv:sdt:", "https://ref.gs1.org/cbv/SDT-"),
    ("urn:epcglobal:cbv:er:", "https://ref.gs1.org/cbv/ER-"),
];
/// Members that say nothing of what happened.
const REMARKS: [&str; 3] = ["comment", "rdfs:comment", "@context"];
/// The text of an element that has attributes or elements.
const TEXT: &str = "#text";

/// A string.
pub(super) fn text(names: &Names, text: &str) -> String {
    let text = text.trim();
    let word = ADDRESSES.iter().find_map(|(urn, address)| Some(format!("{address}{}", text.strip_prefix(urn)?)));
    if let Some(found) = word.or_else(|| names.expanded(text)) {
        return found;
    }
    if let Ok(read) = text.strip_prefix('+').unwrap_or(text).parse() {
        return number(read);
    }
    identifier::canonical(text).ok().flatten().map_or_else(|| text.to_owned(), |link| key(&link))
}

/// A canonical identifier. Links of keys encode more characters than an EPC URN does.
pub(super) fn key(canonical: &str) -> String {
    let Some(path) = canonical.strip_prefix(HOST) else { return canonical.to_owned() };
    path.chars().fold(String::from(HOST), |mut link, character| {
        match character {
            '!' | '(' | ')' | '*' | '+' | ',' | ':' => link += &format!("%{:02X}", u32::from(character)),
            plain => link.push(plain),
        }
        link
    })
}

/// A number.
pub(super) fn number(number: Decimal) -> String {
    number.reduced().to_string()
}

/// A time, rounded to the millisecond that is nearest to its spelling.
pub(super) fn instant(time: &Time) -> String {
    let spelling = time.text();
    let fraction = spelling.split_once('.').map_or("", |(_, fraction)| fraction);
    let up = fraction.bytes().take_while(u8::is_ascii_digit).nth(3).is_some_and(|digit| digit >= b'5');
    let text = utc(time.ms().saturating_add(i64::from(up)));
    match text.strip_suffix('Z') {
        Some(seconds) if !seconds.contains('.') => format!("{seconds}.000Z"),
        _ => text,
    }
}

/// Fields of other vocabularies, sorted as text.
pub(super) fn extensions(names: &Names, fields: &[Field]) -> String {
    sorted(fields.iter().flat_map(|field| extension(names, field)).collect())
}

/// One field: an element for each value of a list.
pub(super) fn extension(names: &Names, (name, value): &Field) -> Vec<String> {
    let mut elements = Vec::new();
    if !REMARKS.contains(&name.as_str()) {
        collect(names, &names.name(name), value, &mut elements);
    }
    elements
}

/// Adds the elements that `value` is under `name`. Nested no deeper than [`crate::limits::NESTING_MAX`].
fn collect(names: &Names, name: &str, value: &Value, elements: &mut Vec<String>) {
    let leaf = |text: String| if text.is_empty() { name.to_owned() } else { format!("{name}={text}") };
    match value {
        Value::Null => {}
        Value::Bool(truth) => elements.push(leaf(truth.to_string())),
        Value::Number(read) => elements.push(leaf(number(*read))),
        Value::Text(string) => elements.push(leaf(text(names, string))),
        Value::List(items) => items.iter().for_each(|item| collect(names, name, item, elements)),
        Value::Map(fields) => {
            let own = value.member(TEXT).or_else(|| value.member("@value"));
            let own = own.and_then(Value::as_text).map(|own| text(names, own)).unwrap_or_default();
            let apart = |(key, _): &&Field| ![TEXT, "@value", "@type"].contains(&key.as_str());
            let inner: Vec<Field> = fields.iter().filter(apart).cloned().collect();
            elements.push(leaf(own) + &extensions(names, &inner));
        }
    }
}
