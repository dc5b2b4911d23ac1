//! Value: a JSON value as the event keeps it for extensions, with exact numbers and bounded nesting.

use alloc::string::String;
use alloc::vec::Vec;

use borsh::io::{Error, ErrorKind, Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::decimal::Decimal;
use crate::limits::{NESTING_MAX, RESERVE_MAX};

/// A named value: an extension field, a member of the ilmd.
pub type Field = (String, Value);

/// A JSON value. Members keep their order; their names are distinct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, exact.
    Number(Decimal),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object.
    Map(Vec<Field>),
}

impl Value {
    /// The text of a string value.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members of an object.
    #[must_use]
    pub fn as_map(&self) -> Option<&[Field]> {
        match self {
            Self::Map(fields) => Some(fields),
            _ => None,
        }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The member `name` of an object.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.as_map()?.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The number of values nested one in another, itself included.
    #[must_use]
    pub fn depth(&self) -> usize {
        1 + match self {
            Self::List(items) => items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Map(fields) => fields.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
}

impl BorshSerialize for Value {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        match self {
            Self::Null => 0u8.serialize(writer),
            Self::Bool(false) => 1u8.serialize(writer),
            Self::Bool(true) => 2u8.serialize(writer),
            Self::Number(number) => {
                3u8.serialize(writer)?;
                number.serialize(writer)
            }
            Self::Text(text) => {
                4u8.serialize(writer)?;
                text.serialize(writer)
            }
            Self::List(items) => {
                5u8.serialize(writer)?;
                items.serialize(writer)
            }
            Self::Map(fields) => {
                6u8.serialize(writer)?;
                fields.serialize(writer)
            }
        }
    }
}

impl BorshDeserialize for Value {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        read(reader, NESTING_MAX)
    }
}

/// Reads a value that nests at most `depth` deep, so that no bytes exhaust the stack.
fn read<R: Read>(reader: &mut R, depth: usize) -> Result<Value> {
    let below = depth.checked_sub(1).ok_or_else(|| Error::new(ErrorKind::InvalidData, "value nesting"))?;
    match u8::deserialize_reader(reader)? {
        0 => Ok(Value::Null),
        1 => Ok(Value::Bool(false)),
        2 => Ok(Value::Bool(true)),
        3 => Decimal::deserialize_reader(reader).map(Value::Number),
        4 => String::deserialize_reader(reader).map(Value::Text),
        5 => {
            let count = count(reader)?;
            let mut items = Vec::with_capacity(count.min(RESERVE_MAX));
            for _ in 0..count {
                items.push(read(reader, below)?);
            }
            Ok(Value::List(items))
        }
        6 => {
            let count = count(reader)?;
            let mut fields = Vec::with_capacity(count.min(RESERVE_MAX));
            for _ in 0..count {
                fields.push((String::deserialize_reader(reader)?, read(reader, below)?));
            }
            Ok(Value::Map(fields))
        }
        _ => Err(Error::new(ErrorKind::InvalidData, "value kind")),
    }
}

fn count<R: Read>(reader: &mut R) -> Result<usize> {
    usize::try_from(u32::deserialize_reader(reader)?).map_err(|_| Error::new(ErrorKind::InvalidData, "value count"))
}
