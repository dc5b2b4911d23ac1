//! What reads and lists have in common: where they read, and how answers say it.

use crate::schema;
use countersign_epcis::Time;
use countersign_epcis::time::utc;
use countersign_types::proof::Proof;
use countersign_types::{Hash, Height, TimestampMs};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;

/// The point of the chain at which something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum At {
    /// The newest block whose result is certified.
    #[default]
    Final,
    /// A block by height.
    Height(Height),
    /// A block by hash.
    Block(Hash),
    /// The newest certified block that is not later than this.
    Time(TimestampMs),
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Final => serializer.serialize_str("final"),
            Self::Height(height) => serializer.serialize_u64(height.0),
            Self::Block(hash) => hash.serialize(serializer),
            Self::Time(time) => serializer.serialize_str(&utc(i64::try_from(time.0).unwrap_or(i64::MAX))),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AtText<'a> {
    Height(u64),
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong =
            || D::Error::custom("`at` must be \"final\", a height, a block hash or a time (ISO 8601 with time zone)");
        match AtText::deserialize(deserializer).map_err(|_| wrong())? {
            AtText::Height(height) => Ok(Self::Height(Height(height))),
            AtText::Text(text) => text.parse().map_err(|()| wrong()),
        }
    }
}

impl core::str::FromStr for At {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "final" => Ok(Self::Final),
            digits if digits.len() <= 20 && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().map(|height| Self::Height(Height(height))).map_err(|_| ())
            }
            other => other.parse().map(Self::Block).or_else(|_| {
                let time: Time = other.parse().map_err(|_| ())?;
                u64::try_from(time.ms()).map(|ms| Self::Time(TimestampMs(ms))).map_err(|_| ())
            }),
        }
    }
}

impl JsonSchema for At {
    fn schema_name() -> Cow<'static, str> {
        "At".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (height, hash) = (generator.subschema_for::<schema::Height>(), generator.subschema_for::<schema::Hash>());
        let time = json_schema!({ "type": "string", "format": "date-time" });
        json_schema!({
            "description": "Where to read: the newest certified block, a height, a block hash, or a time: the newest certified block that is not later.",
            "default": "final",
            "oneOf": [{ "const": "final" }, height, hash, time]
        })
    }
}

/// The answer of a read: the data, and the certified block at which it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Read<T> {
    /// What was asked for.
    pub data: T,
    /// Height of the block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Hash of the block.
    #[schemars(with = "schema::Hash")]
    pub block_hash: Hash,
    /// Shows the data under a certified state root; only if `prove` was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Proof>")]
    pub proof: Option<Box<Proof>>,
}

/// The answer of a list: one page, and the certified block at which it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// Give it as `cursor` for the next page; `null` when there is nothing more.
    pub next_cursor: Option<String>,
    /// Height of the block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Hash of the block.
    #[schemars(with = "schema::Hash")]
    pub block_hash: Hash,
}

/// Direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    /// Oldest or smallest first.
    #[default]
    Ascending,
    /// Newest or largest first.
    Descending,
}

/// The number of items a page may hold: `limit` within 1 and [`crate::limits::PAGE_MAX`].
#[must_use]
pub fn page_size(limit: Option<u32>) -> u32 {
    limit.unwrap_or(crate::limits::PAGE_DEFAULT).clamp(1, crate::limits::PAGE_MAX)
}
