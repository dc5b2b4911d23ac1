//! How instants and hashes are spelled where an answer is written as text.

use alloc::format;
use alloc::string::String;
use core::fmt;

use super::Hash;
use crate::time::utc;

/// Milliseconds since 1970 UTC; in JSON, ISO 8601 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&utc(self.0))
    }
}

/// Thirty-two bytes; in JSON, `0x` and hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub Hash);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The bytes of `0x` and hexadecimal digits.
fn digest(text: &str) -> Option<Digest> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 64 && digits.is_ascii())?;
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(Digest(bytes))
}

impl core::str::FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        digest(text).ok_or_else(|| format!("`{text}` is not 0x and 64 hexadecimal digits"))
    }
}

impl core::str::FromStr for Moment {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, crate::Error> {
        text.parse().map(|time: crate::Time| Self(time.ms()))
    }
}

/// Types that are texts in JSON.
#[cfg(feature = "serde")]
macro_rules! texts {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
#[cfg(feature = "serde")]
texts!(Moment, Digest, crate::Decimal);

/// The schemas of types that are texts in JSON.
#[cfg(feature = "schema")]
macro_rules! schemas {
    ($($type:ty, $name:literal, $pattern:literal, $doc:literal;)+) => {$(
        impl schemars::JsonSchema for $type {
            fn schema_name() -> alloc::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": $doc })
            }
        }
    )+};
}
#[cfg(feature = "schema")]
schemas! {
    Moment, "Moment", "Z$", "An instant, ISO 8601 in UTC.";
    Digest, "Digest", "^0x[0-9a-f]{64}$", "32 bytes in hexadecimal: a hash.";
    crate::Decimal, "Decimal", "^-?[0-9]+([.][0-9]+)?$", "An exact decimal number.";
}
