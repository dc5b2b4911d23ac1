//! The interface as a whole.

use super::line::{FieldLine, Line, VariantLine};
use super::{AbiError, Type, borsh_in, borsh_out};
use crate::limits::ABI_BYTES_MAX;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A contract's interface. Every type it names is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Abi {
    /// The contract's own name and version, and what it says of itself.
    pub name: String,
    /// Version of the contract.
    pub version: String,
    /// What the contract is for.
    pub docs: String,
    /// How its state is laid out, if it says so.
    pub layout: Option<Layout>,
    /// Methods, in order of their names.
    pub methods: BTreeMap<String, Method>,
    /// Structs, enums and errors by name.
    pub types: BTreeMap<String, Named>,
    /// Events by name.
    pub events: BTreeMap<String, EventType>,
}

/// How a contract's state is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Version of the layout.
    pub version: u32,
    /// Names of the fields and their Rust types as written, without white space.
    pub fields: BTreeMap<String, String>,
}

/// How a method is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By a transaction.
    Call,
    /// Without one; it writes nothing.
    View,
    /// By deployment.
    Init,
    /// By an upgrade.
    Migrate,
}

/// A method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// How it is run.
    pub mode: Mode,
    /// What it does.
    pub docs: String,
    /// Its arguments, in order.
    pub args: Vec<Field>,
    /// What it returns.
    pub returns: Type,
    /// The type of its error, if it can fail.
    pub error: Option<String>,
}

/// An argument, or a field of a struct, variant or event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name; `0`, `1`, … for unnamed ones.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// What it means.
    pub docs: String,
    /// Whether events can be found by it.
    pub indexed: bool,
}

/// A named type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it means.
    pub docs: String,
    /// What it is made of.
    pub shape: Shape,
}

/// What a named type is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// All the fields.
    Struct(Fields),
    /// One of the variants. An error is an enum whose codes count from 1.
    Enum(Vec<Variant>),
}

/// Fields in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(pub Vec<Field>);

impl Fields {
    /// Whether the fields have no names (`0`, `1`, …).
    #[must_use]
    pub fn are_unnamed(&self) -> bool {
        !self.0.is_empty() && self.0.iter().enumerate().all(|(index, field)| field.name == index.to_string())
    }
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// What it means.
    pub docs: String,
    /// What it holds.
    pub fields: Fields,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// What it announces.
    pub docs: String,
    /// What it holds.
    pub fields: Fields,
}

impl Abi {
    /// Reads the section.
    ///
    /// # Errors
    /// [`AbiError::Line`] or [`AbiError::Interface`].
    pub fn from_section(section: &[u8]) -> Result<Self, AbiError> {
        Self::from_lines(&Self::lines(section)?)
    }

    /// The section's lines as JSON objects, as `contract_getAbi` answers them.
    ///
    /// # Errors
    /// [`AbiError::Line`] or [`AbiError::Interface`].
    pub fn lines(section: &[u8]) -> Result<Vec<Value>, AbiError> {
        if section.len() > ABI_BYTES_MAX {
            return Err(AbiError::Interface(format!("has more than {ABI_BYTES_MAX} bytes")));
        }
        let text =
            std::str::from_utf8(section).map_err(|error| AbiError::Interface(format!("is not UTF-8: {error}")))?;
        let parse = |(index, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|error| AbiError::Line { line: index + 1, reason: error.to_string() })
        };
        text.lines().enumerate().map(parse).collect()
    }

    /// Reads the lines.
    ///
    /// # Errors
    /// [`AbiError::Line`] or [`AbiError::Interface`].
    pub fn from_lines(lines: &[Value]) -> Result<Self, AbiError> {
        let mut abi = Self::default();
        let mut described = false;
        for (index, line) in lines.iter().enumerate() {
            let wrong = |reason: String| AbiError::Line { line: index + 1, reason };
            let line = Line::deserialize(line).map_err(|error| wrong(error.to_string()))?;
            described |= matches!(line, Line::Contract { .. });
            abi.add(line).map_err(wrong)?;
        }
        if !described {
            return Err(AbiError::Interface("does not describe the contract".to_owned()));
        }
        abi.check_names()?;
        Ok(abi)
    }

    fn add(&mut self, line: Line) -> Result<(), String> {
        match line {
            Line::Contract { abi, .. } if abi != 1 => return Err(format!("version {abi} is not known, 1 is")),
            Line::Contract { name, version, docs, layout, fields, .. } => {
                (self.name, self.version, self.docs) = (name, version, docs);
                let fields = fields.into_iter().map(|field| (field.name, field.kind)).collect();
                self.layout = layout.map(|version| Layout { version, fields });
            }
            Line::Method { name, mode, docs, args, returns, error } => {
                let returns = Type::parse(&returns).ok_or_else(|| format!("`{returns}` is not a type"))?;
                let error = (!error.is_empty()).then_some(error);
                let method = Method { mode, docs, args: fields(args)?, returns, error };
                once(self.methods.insert(name.clone(), method), &name)?;
            }
            Line::Struct { name, docs, fields: lines } => {
                let shape = Shape::Struct(Fields(fields(lines)?));
                once(self.types.insert(name.clone(), Named { docs, shape }), &name)?;
            }
            Line::Enum { name, docs, variants: lines } | Line::Error { name, docs, variants: lines } => {
                let shape = Shape::Enum(variants(lines)?);
                once(self.types.insert(name.clone(), Named { docs, shape }), &name)?;
            }
            Line::Event { name, docs, fields: lines } => {
                let event = EventType { docs, fields: Fields(fields(lines)?) };
                once(self.events.insert(name.clone(), event), &name)?;
            }
        }
        Ok(())
    }

    /// Checks that every type named is described.
    fn check_names(&self) -> Result<(), AbiError> {
        let of_methods = self.methods.values().flat_map(|method| {
            let args = method.args.iter().map(|field| &field.kind);
            args.chain([&method.returns]).flat_map(Type::names).chain(method.error.as_deref())
        });
        let of_fields = |fields: &'_ Fields| -> Vec<String> {
            fields.0.iter().flat_map(|field| field.kind.names()).map(str::to_owned).collect()
        };
        let of_types = self.types.values().flat_map(|named| match &named.shape {
            Shape::Struct(fields) => of_fields(fields),
            Shape::Enum(variants) => variants.iter().flat_map(|variant| of_fields(&variant.fields)).collect(),
        });
        let of_events = self.events.values().flat_map(|event| of_fields(&event.fields));
        let mut names = of_methods.map(str::to_owned).chain(of_types).chain(of_events);
        match names.find(|name| !self.types.contains_key(name)) {
            None => Ok(()),
            Some(name) => Err(AbiError::Interface(format!("names the type `{name}` and does not describe it"))),
        }
    }

    /// A method by name.
    ///
    /// # Errors
    /// [`AbiError::Unknown`].
    pub fn method(&self, name: &str) -> Result<&Method, AbiError> {
        let known = || self.methods.keys().cloned().collect();
        self.methods.get(name).ok_or_else(|| AbiError::Unknown {
            kind: "method",
            name: name.to_owned(),
            known: known(),
        })
    }

    /// borsh of a method's arguments, given by name (object), in order (array), or not at all
    /// (`null`) where there are none.
    ///
    /// # Errors
    /// [`AbiError::Unknown`], or [`AbiError::Value`] with the argument's path.
    pub fn encode_args(&self, method: &str, args: &Value) -> Result<Vec<u8>, AbiError> {
        borsh_in::arguments(self, &self.method(method)?.args, args)
    }

    /// The JSON of what a method returned.
    ///
    /// # Errors
    /// [`AbiError::Unknown`] or [`AbiError::Bytes`].
    pub fn decode_returned(&self, method: &str, output: &[u8]) -> Result<Value, AbiError> {
        let returns = &self.method(method)?.returns;
        if *returns == Type::Tuple(Vec::new()) && output.is_empty() {
            return Ok(Value::Null);
        }
        borsh_out::value(self, returns, output, "result")
    }

    /// The JSON of the error that a method failed with.
    ///
    /// # Errors
    /// [`AbiError::Unknown`] or [`AbiError::Bytes`].
    pub fn decode_error(&self, method: &str, error: &[u8]) -> Result<Value, AbiError> {
        let Some(name) = &self.method(method)?.error else {
            return Err(AbiError::Unknown { kind: "error of the method", name: method.to_owned(), known: Vec::new() });
        };
        borsh_out::value(self, &Type::Named(name.clone()), error, "error")
    }

    /// What the documentation says of the error with this code (counted from 1) of a method.
    #[must_use]
    pub fn error_docs(&self, method: &str, code: u32) -> Option<(&str, &str)> {
        let named = self.types.get(self.methods.get(method)?.error.as_deref()?)?;
        let Shape::Enum(variants) = &named.shape else { return None };
        let variant = variants.get(usize::try_from(code.checked_sub(1)?).ok()?)?;
        Some((&variant.name, &variant.docs))
    }

    /// The JSON of an event's fields.
    ///
    /// # Errors
    /// [`AbiError::Unknown`] or [`AbiError::Bytes`].
    pub fn decode_event(&self, name: &str, data: &[u8]) -> Result<Value, AbiError> {
        let event = self.events.get(name).ok_or_else(|| AbiError::Unknown {
            kind: "event",
            name: name.to_owned(),
            known: self.events.keys().cloned().collect(),
        })?;
        borsh_out::fields(self, &event.fields, data, "event")
    }
}

fn fields(lines: Vec<FieldLine>) -> Result<Vec<Field>, String> {
    let field = |FieldLine { name, kind, docs, indexed }| {
        let kind = Type::parse(&kind).ok_or_else(|| format!("`{kind}` is not a type"))?;
        Ok(Field { name, kind, docs, indexed })
    };
    lines.into_iter().map(field).collect()
}

fn variants(lines: Vec<VariantLine>) -> Result<Vec<Variant>, String> {
    let variant =
        |VariantLine { name, docs, fields: lines }| Ok(Variant { name, docs, fields: Fields(fields(lines)?) });
    lines.into_iter().map(variant).collect()
}

fn once<T>(before: Option<T>, name: &str) -> Result<(), String> {
    if before.is_none() { Ok(()) } else { Err(format!("`{name}` is described twice")) }
}
