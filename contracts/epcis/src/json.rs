//! JSON-LD: events from text and back, without loss.
//!
//! [`read()`] reads the text and [`event()`] one event, with the JSON path of what is wrong; [`crate::document`]
//! reads the documents around them. [`render()`] and [`Document::render`](crate::document::Document::render) write
//! the events back.
//!
//! The reader is our own: it keeps every number exactly as written, refuses repeated members, bounds
//! nesting, and names the path of a fault. No bytes make it panic.
//!
//! A rendering equals what was parsed, apart from these normalisations:
//!
//! - members have a fixed order, extensions after the standard's, in theirs;
//! - `recordTime` is dropped: the ledger says when;
//! - empty lists, an empty `ilmd`, and an empty string for `eventID`, `bizStep`, `disposition`, `parentID` or
//!   `transformationID` are left out: they name nothing;
//! - a single `certificationInfo` is written as a string; `-00:00` as `+00:00`; exponents are expanded
//!   (`1e2` as `100`) and `-0` is `0`;
//! - an event's `@context` names the standard's context first and then only what the event uses.

mod members;
pub(crate) mod namespace;
mod read;
mod render;
pub(crate) mod typed;
mod write;

use alloc::string::ToString;

pub use read::read;
pub(crate) use read::{Shift, read_part};
pub use render::{render, render_within};
pub use typed::event;
pub use write::write;

use crate::decimal::Decimal;
use crate::rule::Violation;
use crate::value::Value;

/// A value as `serde_json` holds it. Numbers past 64 bits or with decimal places become its floats, so
/// text that must stay exact is made by [`write()`].
#[must_use]
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => serde_json::Value::Bool(*truth),
        Value::Number(number) => serde_json::Value::Number(to_number(*number)),
        Value::Text(text) => serde_json::Value::String(text.clone()),
        Value::List(items) => serde_json::Value::Array(items.iter().map(to_json).collect()),
        Value::Map(fields) => {
            serde_json::Value::Object(fields.iter().map(|(name, value)| (name.clone(), to_json(value))).collect())
        }
    }
}

fn to_number(number: Decimal) -> serde_json::Number {
    let whole = (number.scale() == 0).then(|| number.mantissa());
    let unsigned = whole.and_then(|whole| u64::try_from(whole).ok()).map(serde_json::Number::from);
    let signed = || whole.and_then(|whole| i64::try_from(whole).ok()).map(serde_json::Number::from);
    // At most 39 digits: never infinite.
    let float = || number.to_string().parse().ok().and_then(serde_json::Number::from_f64);
    unsigned.or_else(signed).or_else(float).unwrap_or_else(|| serde_json::Number::from(0))
}

/// The value that `serde_json` holds, with the numbers as it writes them.
///
/// # Errors
///
/// Nesting past the bound, and numbers past an exact decimal.
pub fn from_json(json: &serde_json::Value) -> Result<Value, Violation> {
    read(json.to_string().as_bytes())
}

/// The violation as RPC answers and the command line show it: `path`, `rule`, `reason`, `hint`.
#[must_use]
pub fn explain(violation: &Violation) -> serde_json::Value {
    serde_json::json!({
        "path": violation.path,
        "rule": violation.rule.name(),
        "reason": violation.reason,
        "hint": violation.hint(),
    })
}
