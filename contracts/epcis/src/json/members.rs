//! Members: an object being taken apart, so that what remains is known to be extensions.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use crate::rule::{Rule, Violation, fault, step};
use crate::value::{Field, Value};

/// The members of an object that are not taken yet.
pub(super) struct Members(Vec<Field>);

impl Members {
    /// The members of `value`, which must be an object.
    pub(super) fn of(value: Value) -> Result<Self, Violation> {
        match value {
            Value::Map(fields) => Ok(Self(fields)),
            other => Err(fault(Rule::FieldType, format!("{} where an object belongs", kind(&other)))),
        }
    }

    /// Takes member `name`.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(at).1)
    }

    /// Takes member `name`, made into a `T`; faults have its path.
    pub(super) fn take_as<T>(
        &mut self,
        name: &str,
        make: impl FnOnce(Value) -> Result<T, Violation>,
    ) -> Result<Option<T>, Violation> {
        self.take(name).map(make).transpose().map_err(|fault| fault.below(&step(name)))
    }

    /// Takes the string `name`.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Violation> {
        self.take_as(name, text)
    }

    /// Takes the string `name`; an empty one counts as absent.
    pub(super) fn filled(&mut self, name: &str) -> Result<Option<String>, Violation> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// Takes the string `name` and reads it; what cannot be read breaks `rule`.
    pub(super) fn parsed<T>(&mut self, name: &str, rule: Rule) -> Result<Option<T>, Violation>
    where
        T: FromStr<Err = crate::Error>,
    {
        self.take_as(name, |value| {
            let text = text(value)?;
            text.parse().map_err(|error| fault(rule, format!("{text:?} is {error}")))
        })
    }

    /// Takes the array `name`, each element made into a `T`; an absent one is empty.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        make: impl Fn(Value) -> Result<T, Violation>,
    ) -> Result<Vec<T>, Violation> {
        let items = self.take_as(name, |value| match value {
            Value::List(items) => items
                .into_iter()
                .enumerate()
                .map(|(at, item)| make(item).map_err(|fault| fault.below(&format!("$[{at}]"))))
                .collect(),
            other => Err(fault(Rule::FieldType, format!("{} where an array belongs", kind(&other)))),
        })?;
        Ok(items.unwrap_or_default())
    }

    /// The members that were not taken.
    pub(super) fn rest(self) -> Vec<Field> {
        self.0
    }

    /// Checks that every member was taken.
    pub(super) fn closed(self) -> Result<(), Violation> {
        match self.0.first() {
            Some((name, _)) => {
                Err(fault(Rule::FieldClosed, format!("{name:?} is not a field of this object")).below(&step(name)))
            }
            None => Ok(()),
        }
    }
}

/// The value, which must be there.
pub(super) fn required<T>(value: Option<T>, name: &str) -> Result<T, Violation> {
    value.ok_or_else(|| fault(Rule::FieldMissing, format!("{name} is missing")).below(&step(name)))
}

/// The text of a string.
pub(super) fn text(value: Value) -> Result<String, Violation> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(fault(Rule::FieldType, format!("{} where a string belongs", kind(&other)))),
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::Text(_) => "a string",
        Value::List(_) => "an array",
        Value::Map(_) => "an object",
    }
    .to_owned()
}
