//! borsh to JSON.

use super::interface::{Fields, Shape, Variant};
use super::{Abi, AbiError, Type};
use crate::Bytes;
use crate::limits::ABI_DEPTH_MAX;
use crate::number::EXACT_MAX;
use countersign_types::Hash;
use serde_json::{Map, Value};

/// A whole value; no bytes may follow it.
pub(super) fn value(abi: &Abi, kind: &Type, bytes: &[u8], what: &str) -> Result<Value, AbiError> {
    let mut decoder = Decoder { abi, bytes, total: bytes.len(), what, depth: 0 };
    let value = decoder.value(kind)?;
    decoder.end()?;
    Ok(value)
}

/// Fields as of a struct; no bytes may follow them.
pub(super) fn fields(abi: &Abi, fields: &Fields, bytes: &[u8], what: &str) -> Result<Value, AbiError> {
    let mut decoder = Decoder { abi, bytes, total: bytes.len(), what, depth: 0 };
    let value = decoder.fields(fields)?;
    decoder.end()?;
    Ok(value)
}

struct Decoder<'a> {
    abi: &'a Abi,
    bytes: &'a [u8],
    total: usize,
    what: &'a str,
    depth: usize,
}

impl<'a> Decoder<'a> {
    fn value(&mut self, kind: &Type) -> Result<Value, AbiError> {
        if self.depth >= ABI_DEPTH_MAX {
            return Err(self.fault(&format!("nested more than {ABI_DEPTH_MAX} deep")));
        }
        self.depth += 1;
        let outcome = self.inner(kind);
        self.depth -= 1;
        outcome
    }

    fn inner(&mut self, kind: &Type) -> Result<Value, AbiError> {
        Ok(match kind {
            Type::Integer { bytes, signed } => integer(self.take(*bytes)?, *signed),
            Type::Bool => Value::Bool(self.flag()?),
            Type::Text => {
                let bytes = self.counted()?;
                let text = std::str::from_utf8(bytes).map_err(|_| self.fault("text that is not UTF-8"))?;
                Value::String(text.to_owned())
            }
            Type::Bytes => Value::String(Bytes(self.counted()?.to_vec()).to_text()),
            Type::Array(32) => {
                let bytes = self.take(32)?;
                Value::String(Hash(bytes.try_into().map_err(|_| self.fault("it ends too early"))?).to_string())
            }
            Type::Array(length) => Value::String(Bytes(self.take(*length)?.to_vec()).to_text()),
            Type::List(inner) => {
                let count = self.length()?;
                Value::Array((0..count).map(|_| self.value(inner)).collect::<Result<_, _>>()?)
            }
            Type::Option(inner) => {
                if self.flag()? {
                    self.value(inner)?
                } else {
                    Value::Null
                }
            }
            Type::Tuple(items) if items.is_empty() => Value::Null,
            Type::Tuple(items) => Value::Array(items.iter().map(|kind| self.value(kind)).collect::<Result<_, _>>()?),
            Type::Map(key, item) => self.map(key, item)?,
            Type::Named(name) => match self.abi.types.get(name).map(|named| &named.shape) {
                Some(Shape::Struct(fields)) => self.fields(fields)?,
                Some(Shape::Enum(variants)) => self.variant(variants)?,
                None => return Err(AbiError::Interface(format!("does not describe `{name}`"))),
            },
        })
    }

    fn fields(&mut self, fields: &Fields) -> Result<Value, AbiError> {
        if fields.are_unnamed() {
            if let [field] = fields.0.as_slice() {
                return self.value(&field.kind);
            }
            return Ok(Value::Array(fields.0.iter().map(|field| self.value(&field.kind)).collect::<Result<_, _>>()?));
        }
        let mut members = Map::new();
        for field in &fields.0 {
            members.insert(field.name.clone(), self.value(&field.kind)?);
        }
        Ok(Value::Object(members))
    }

    fn variant(&mut self, variants: &[Variant]) -> Result<Value, AbiError> {
        let index = self.take(1)?.first().copied().unwrap_or_default();
        let variant = variants.get(usize::from(index)).ok_or_else(|| self.fault("a variant that does not exist"))?;
        if variant.fields.0.is_empty() {
            return Ok(Value::String(variant.name.clone()));
        }
        let content = self.fields(&variant.fields)?;
        Ok(Value::Object(Map::from_iter([(variant.name.clone(), content)])))
    }

    fn map(&mut self, key: &Type, item: &Type) -> Result<Value, AbiError> {
        let count = self.length()?;
        let mut pairs = Vec::new();
        let mut previous = None;
        for _ in 0..count {
            let before = self.bytes;
            let name = self.value(key)?;
            let used = before.get(..before.len() - self.bytes.len()).unwrap_or_default();
            let rank = rank(key, used);
            if rank.is_some() && rank <= previous {
                return Err(self.fault("a map whose keys do not rise"));
            }
            previous = rank;
            pairs.push((name, self.value(item)?));
        }
        if *key == Type::Text {
            let text = |(name, value): (Value, Value)| (name.as_str().unwrap_or_default().to_owned(), value);
            return Ok(Value::Object(pairs.into_iter().map(text).collect()));
        }
        Ok(Value::Array(pairs.into_iter().map(|(name, value)| Value::Array(vec![name, value])).collect()))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], AbiError> {
        let (head, rest) = self.bytes.split_at_checked(count).ok_or_else(|| self.fault("it ends too early"))?;
        self.bytes = rest;
        Ok(head)
    }

    fn flag(&mut self) -> Result<bool, AbiError> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(self.fault("a flag that is neither 0 nor 1")),
        }
    }

    /// A length. Elements take at least a byte each (lists of `()` are refused if not empty), so
    /// that a short input cannot ask for long work.
    fn length(&mut self) -> Result<usize, AbiError> {
        let bytes: [u8; 4] = self.take(4)?.try_into().map_err(|_| self.fault("it ends too early"))?;
        let length = usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| self.fault("too long"))?;
        if length > self.bytes.len() { Err(self.fault("a length beyond its end")) } else { Ok(length) }
    }

    fn counted(&mut self) -> Result<&'a [u8], AbiError> {
        let length = self.length()?;
        self.take(length)
    }

    fn end(&self) -> Result<(), AbiError> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.fault("bytes follow the value")) }
    }

    fn fault(&self, reason: &str) -> AbiError {
        AbiError::Bytes { what: self.what.to_owned(), at: self.total - self.bytes.len(), reason: reason.to_owned() }
    }
}

/// A number up to ±2^53, text beyond.
fn integer(bytes: &[u8], signed: bool) -> Value {
    let negative = signed && bytes.last().is_some_and(|last| last & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 16];
    for (to, from) in wide.iter_mut().zip(bytes) {
        *to = *from;
    }
    if negative {
        let number = i128::from_le_bytes(wide);
        match i64::try_from(number) {
            Ok(small) if small.unsigned_abs() <= EXACT_MAX => Value::from(small),
            _ => Value::String(number.to_string()),
        }
    } else {
        let number = u128::from_le_bytes(wide);
        match u64::try_from(number) {
            Ok(small) if small <= EXACT_MAX => Value::from(small),
            _ => Value::String(number.to_string()),
        }
    }
}

/// Bytes that compare as the encoded key compares in Rust; `None` for types whose order is not
/// known here.
pub(super) fn rank(kind: &Type, encoded: &[u8]) -> Option<Vec<u8>> {
    match kind {
        Type::Integer { signed, .. } => {
            let mut bytes: Vec<u8> = encoded.iter().rev().copied().collect();
            if *signed && let Some(first) = bytes.first_mut() {
                *first ^= 0x80;
            }
            Some(bytes)
        }
        Type::Bool | Type::Array(_) => Some(encoded.to_vec()),
        // Text and bytes compare by content; the length is in front of it.
        Type::Text | Type::Bytes => encoded.get(4..).map(<[u8]>::to_vec),
        _ => None,
    }
}
