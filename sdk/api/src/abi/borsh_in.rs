//! JSON to borsh.

use super::interface::{Field, Fields, Shape, Variant};
use super::{Abi, AbiError, Type};
use crate::Bytes;
use crate::limits::ABI_DEPTH_MAX;
use countersign_types::Hash;
use serde_json::{Map, Value};

/// The arguments of a method, one after the other.
pub(super) fn arguments(abi: &Abi, args: &[Field], given: &Value) -> Result<Vec<u8>, AbiError> {
    let mut encoder = Encoder { abi, bytes: Vec::new(), depth: 0 };
    match given {
        Value::Null if args.is_empty() => {}
        Value::Array(items) => {
            if items.len() != args.len() {
                return Err(fault("arguments", format!("{} given, the method takes {}", items.len(), signature(args))));
            }
            for (field, item) in args.iter().zip(items) {
                encoder.value(&field.kind, item, &field.name)?;
            }
        }
        Value::Object(members) => encoder.members(args, members, "")?,
        _ => return Err(fault("arguments", format!("give an object with {}", signature(args)))),
    }
    Ok(encoder.bytes)
}

fn signature(args: &[Field]) -> String {
    let list: Vec<String> = args.iter().map(|field| format!("{}: {}", field.name, field.kind)).collect();
    if list.is_empty() { "no arguments".to_owned() } else { list.join(", ") }
}

struct Encoder<'a> {
    abi: &'a Abi,
    bytes: Vec<u8>,
    depth: usize,
}

impl Encoder<'_> {
    fn value(&mut self, kind: &Type, value: &Value, path: &str) -> Result<(), AbiError> {
        if self.depth >= ABI_DEPTH_MAX {
            return Err(fault(path, format!("nested more than {ABI_DEPTH_MAX} deep")));
        }
        self.depth += 1;
        let outcome = self.inner(kind, value, path);
        self.depth -= 1;
        outcome
    }

    fn inner(&mut self, kind: &Type, value: &Value, path: &str) -> Result<(), AbiError> {
        let wrong = |wanted: &str| fault(path, format!("{wanted} wanted for {kind}, {} given", brief(value)));
        match kind {
            Type::Integer { bytes, signed } => {
                let encoded = integer(value, *bytes, *signed).ok_or_else(|| wrong("a whole number in range"))?;
                self.bytes.extend_from_slice(encoded.get(..*bytes).unwrap_or(&encoded));
            }
            Type::Bool => self.bytes.push(u8::from(value.as_bool().ok_or_else(|| wrong("true or false"))?)),
            Type::Text => self.counted(value.as_str().ok_or_else(|| wrong("a string"))?.as_bytes(), path)?,
            Type::Bytes => {
                let bytes = value.as_str().and_then(Bytes::from_text).ok_or_else(|| wrong("base64"))?;
                self.counted(&bytes.0, path)?;
            }
            Type::Array(32) => {
                let hash: Option<Hash> = value.as_str().and_then(|text| text.parse().ok());
                self.bytes.extend_from_slice(&hash.ok_or_else(|| wrong("0x and 64 hexadecimal digits"))?.0);
            }
            Type::Array(length) => {
                let bytes = value.as_str().and_then(Bytes::from_text).filter(|bytes| bytes.0.len() == *length);
                self.bytes.extend_from_slice(&bytes.ok_or_else(|| wrong("base64 of that many bytes"))?.0);
            }
            Type::List(inner) => {
                let items = value.as_array().ok_or_else(|| wrong("an array"))?;
                self.length(items.len(), path)?;
                for (index, item) in items.iter().enumerate() {
                    self.value(inner, item, &format!("{path}[{index}]"))?;
                }
            }
            Type::Option(_) if value.is_null() => self.bytes.push(0),
            Type::Option(inner) => {
                self.bytes.push(1);
                self.value(inner, value, path)?;
            }
            Type::Tuple(items) if items.is_empty() => {
                if !value.is_null() {
                    return Err(wrong("null"));
                }
            }
            Type::Tuple(items) => {
                let given = value.as_array().filter(|given| given.len() == items.len());
                let given = given.ok_or_else(|| wrong(&format!("an array of {}", items.len())))?;
                for (index, (kind, item)) in items.iter().zip(given).enumerate() {
                    self.value(kind, item, &format!("{path}[{index}]"))?;
                }
            }
            Type::Map(key, item) => self.map(key, item, value, path)?,
            Type::Named(name) => match self.abi.types.get(name).map(|named| &named.shape) {
                Some(Shape::Struct(fields)) => self.fields(fields, value, path)?,
                Some(Shape::Enum(variants)) => self.variant(name, variants, value, path)?,
                None => return Err(AbiError::Interface(format!("does not describe `{name}`"))),
            },
        }
        Ok(())
    }

    fn fields(&mut self, fields: &Fields, value: &Value, path: &str) -> Result<(), AbiError> {
        let wrong = |wanted: &str| fault(path, format!("{wanted} wanted, {} given", brief(value)));
        if !fields.are_unnamed() {
            let members =
                value.as_object().ok_or_else(|| wrong(&format!("an object with {}", signature(&fields.0))))?;
            return self.members(&fields.0, members, path);
        }
        if let [field] = fields.0.as_slice() {
            return self.value(&field.kind, value, path);
        }
        let given = value.as_array().filter(|given| given.len() == fields.0.len());
        let given = given.ok_or_else(|| wrong(&format!("an array of {}", fields.0.len())))?;
        for (index, (field, item)) in fields.0.iter().zip(given).enumerate() {
            self.value(&field.kind, item, &format!("{path}[{index}]"))?;
        }
        Ok(())
    }

    fn members(&mut self, fields: &[Field], members: &Map<String, Value>, path: &str) -> Result<(), AbiError> {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        if let Some(unknown) = members.keys().find(|name| fields.iter().all(|field| field.name != **name)) {
            return Err(fault(&below(unknown), format!("not known; there are {}", signature(fields))));
        }
        for field in fields {
            let value = match members.get(&field.name) {
                Some(value) => value,
                None if matches!(field.kind, Type::Option(_)) => &Value::Null,
                None => return Err(fault(&below(&field.name), format!("missing; it is {}", field.kind))),
            };
            self.value(&field.kind, value, &below(&field.name))?;
        }
        Ok(())
    }

    fn variant(&mut self, name: &str, variants: &[Variant], value: &Value, path: &str) -> Result<(), AbiError> {
        let names = || variants.iter().map(|variant| variant.name.as_str()).collect::<Vec<_>>().join(", ");
        let wrong = || fault(path, format!("one of {} wanted for {name}, {} given", names(), brief(value)));
        let (given, content) = match value {
            Value::String(given) => (given, None),
            Value::Object(members) if members.len() == 1 => {
                members.iter().next().map(|(given, content)| (given, Some(content))).ok_or_else(wrong)?
            }
            _ => return Err(wrong()),
        };
        let found = variants.iter().enumerate().find(|(_, variant)| variant.name == *given);
        let (index, variant) = found.ok_or_else(wrong)?;
        self.bytes.push(u8::try_from(index).map_err(|_| wrong())?);
        match content {
            None if variant.fields.0.is_empty() => Ok(()),
            None => Err(fault(
                path,
                format!("{given} has fields: {{\"{given}\": …}} with {}", signature(&variant.fields.0)),
            )),
            Some(content) if variant.fields.0.is_empty() => match content {
                Value::Null => Ok(()),
                Value::Object(members) if members.is_empty() => Ok(()),
                _ => Err(fault(path, format!("{given} has no fields"))),
            },
            Some(content) => self.fields(&variant.fields, content, &format!("{path}.{given}")),
        }
    }

    fn map(&mut self, key: &Type, item: &Type, value: &Value, path: &str) -> Result<(), AbiError> {
        let mut entries: Vec<(Value, &Value, String)> = Vec::new();
        match (key, value) {
            (Type::Text, Value::Object(members)) => {
                for (name, member) in members {
                    entries.push((Value::String(name.clone()), member, format!("{path}.{name}")));
                }
            }
            (_, Value::Array(pairs)) => {
                for (index, pair) in pairs.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    let Some([first, second]) = pair.as_array().map(Vec::as_slice) else {
                        return Err(fault(&path, "an array of key and value wanted".to_owned()));
                    };
                    entries.push((first.clone(), second, path));
                }
            }
            _ => return Err(fault(path, format!("an object or an array of pairs wanted, {} given", brief(value)))),
        }
        let mut encoded = Vec::with_capacity(entries.len());
        for (name, item_value, path) in &entries {
            let key_bytes = self.apart(key, name, path)?;
            let item_bytes = self.apart(item, item_value, path)?;
            let rank = super::borsh_out::rank(key, &key_bytes)
                .ok_or_else(|| fault(path, format!("maps keyed by {key} cannot be written as JSON")))?;
            encoded.push((rank, key_bytes, item_bytes));
        }
        // borsh writes maps in the order of their keys.
        encoded.sort_by(|(left, ..), (right, ..)| left.cmp(right));
        if encoded.windows(2).any(|pair| matches!(pair, [(left, ..), (right, ..)] if left == right)) {
            return Err(fault(path, "a key stands twice".to_owned()));
        }
        self.length(encoded.len(), path)?;
        for (_, key_bytes, item_bytes) in encoded {
            self.bytes.extend(key_bytes);
            self.bytes.extend(item_bytes);
        }
        Ok(())
    }

    /// The encoding of one value by itself.
    fn apart(&mut self, kind: &Type, value: &Value, path: &str) -> Result<Vec<u8>, AbiError> {
        let before = std::mem::take(&mut self.bytes);
        let outcome = self.value(kind, value, path);
        let bytes = std::mem::replace(&mut self.bytes, before);
        outcome.map(|()| bytes)
    }

    fn length(&mut self, length: usize, path: &str) -> Result<(), AbiError> {
        let length = u32::try_from(length).map_err(|_| fault(path, "too long".to_owned()))?;
        self.bytes.extend_from_slice(&length.to_le_bytes());
        Ok(())
    }

    fn counted(&mut self, bytes: &[u8], path: &str) -> Result<(), AbiError> {
        self.length(bytes.len(), path)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

fn fault(path: &str, reason: String) -> AbiError {
    AbiError::Value { path: path.to_owned(), reason }
}

/// Little-endian bytes, of which the first `bytes` count; `None` if it is no whole number in range.
fn integer(value: &Value, bytes: usize, signed: bool) -> Option<[u8; 16]> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let bits = u32::try_from(bytes).ok()? * 8;
    let digits = text.strip_prefix('-').filter(|_| signed).unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    if signed {
        let number: i128 = text.parse().ok()?;
        let spare = 128 - bits;
        (((number << spare) >> spare) == number).then(|| number.to_le_bytes())
    } else {
        let number: u128 = text.parse().ok()?;
        (bits == 128 || number >> bits == 0).then(|| number.to_le_bytes())
    }
}

/// A value in a few words, for messages.
fn brief(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) if text.chars().count() > 40 => {
            format!("{:?}…", text.chars().take(40).collect::<String>())
        }
        other => other.to_string(),
    }
}
