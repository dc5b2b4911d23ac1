//! Integers that JSON readers would round.

use countersign_types::{Gas, TimestampMs};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;

/// Largest integer that every JSON reader keeps exactly: 2^53.
pub const EXACT_MAX: u64 = 1 << 53;

/// A `u64`: a number up to 2^53, a decimal string above. Both are accepted for any value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct U64(pub u64);

impl From<Gas> for U64 {
    fn from(gas: Gas) -> Self {
        Self(gas.0)
    }
}
impl From<TimestampMs> for U64 {
    fn from(time: TimestampMs) -> Self {
        Self(time.0)
    }
}

impl Serialize for U64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 <= EXACT_MAX { serializer.serialize_u64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Either<'a> {
    Number(u64),
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl<'de> Deserialize<'de> for U64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || D::Error::custom("must be a whole number from 0 to 2^64-1, as a number or a decimal string");
        match Either::deserialize(deserializer).map_err(|_| wrong())? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) if text.bytes().all(|digit| digit.is_ascii_digit()) => {
                text.parse().map(Self).map_err(|_| wrong())
            }
            Either::Text(_) => Err(wrong()),
        }
    }
}

impl JsonSchema for U64 {
    fn schema_name() -> Cow<'static, str> {
        "U64".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An unsigned 64-bit integer: a number up to 2^53, a decimal string above.",
            "oneOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]{1,20}$" }]
        })
    }
}
