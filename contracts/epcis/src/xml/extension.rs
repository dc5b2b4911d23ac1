//! Extension: an element of somebody's own vocabulary as a value.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::located::{Located, Members};
use super::names::Names;
use super::tree::Element;
use crate::value::Value;

/// The member that holds the text of an element with attributes or elements.
const TEXT: &str = "#text";

/// The value of an element.
pub(super) fn extension(element: &Element, names: &mut Names) -> Located {
    if element.children.is_empty() && element.attributes.is_empty() {
        return Located::leaf(element.mark, typed(element));
    }
    let mut members = Members::of(element.mark);
    attributes(element, names, &mut members);
    for child in &element.children {
        members.put(&names.member(&child.name), extension(child, names));
    }
    if !element.text.trim().is_empty() {
        let text =
            if element.children.is_empty() { typed(element) } else { Value::Text(element.text.trim().to_owned()) };
        members.put(TEXT, Located::leaf(element.mark, text));
    }
    members.finish()
}

/// The attributes of an element as members.
pub(super) fn attributes(element: &Element, names: &mut Names, members: &mut Members) {
    for attribute in &element.attributes {
        let value = Value::Text(attribute.value.clone());
        members.put(&names.member(&attribute.name), Located::leaf(attribute.mark, value));
    }
}

/// The text of an element as what its `xsi:type` says; text as it stands without one.
fn typed(element: &Element) -> Value {
    let text = || Value::Text(element.text.clone());
    let Some(kind) = element.kind.as_deref() else { return text() };
    let local = kind.split_once(':').map_or(kind, |(_, local)| local);
    let value = match local {
        "string" | "anyType" | "anySimpleType" => Some(text()),
        "boolean" => truth(&element.text),
        "integer" | "int" | "long" | "short" | "byte" | "nonNegativeInteger" | "positiveInteger"
        | "nonPositiveInteger" | "negativeInteger" | "unsignedLong" | "unsignedInt" | "unsignedShort"
        | "unsignedByte" | "decimal" | "double" | "float" => number(&element.text),
        _ => None,
    };
    value.unwrap_or_else(|| {
        let kind = Value::Text(format!("xsd:{local}"));
        Value::Map(Vec::from([("@type".to_owned(), kind), ("@value".to_owned(), text())]))
    })
}

/// A truth value of XML Schema.
pub(super) fn truth(text: &str) -> Option<Value> {
    match text.trim() {
        "true" | "1" => Some(Value::Bool(true)),
        "false" | "0" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// A number of XML Schema, which may begin with a plus or a point and may end with a point.
pub(super) fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.strip_suffix('.').filter(|digits| !digits.contains(['.', 'e', 'E'])).unwrap_or(digits);
    let zero = if digits.starts_with('.') { "0" } else { "" };
    let number: String = format!("{sign}{zero}{digits}");
    number.parse().ok().map(Value::Number)
}
