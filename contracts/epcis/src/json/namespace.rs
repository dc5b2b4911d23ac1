//! Declared contexts: refused where unknown, reduced to what an event uses, and told apart from a document's.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::context::{STANDARD, known};
use crate::rule::Violation;
use crate::value::{Field, Value};

/// The entries of an `@context` beyond the standard's own.
pub(crate) fn declared(context: Value) -> Result<Vec<Value>, Violation> {
    let entries = match context {
        Value::List(entries) => entries,
        single => vec![single],
    };
    let mut kept = Vec::with_capacity(entries.len());
    for (at, entry) in entries.into_iter().enumerate() {
        known(&entry).map_err(|fault| fault.below(&format!("$[{at}]")))?;
        if !entry.as_text().is_some_and(|address| STANDARD.contains(&address)) {
            kept.push(entry);
        }
    }
    Ok(kept)
}

/// What a document declares, ready for its events.
#[derive(Debug)]
pub(crate) struct Declared {
    /// Addresses of pinned contexts.
    pinned: Vec<Value>,
    /// Inline terms; a later definition has replaced an earlier one.
    terms: Vec<Field>,
}

impl Declared {
    /// The declaration made by `entries`, in their order.
    pub(crate) fn of<'a>(entries: impl Iterator<Item = &'a Value>) -> Self {
        let mut declared = Self { pinned: Vec::new(), terms: Vec::new() };
        for entry in entries {
            match entry {
                Value::Map(terms) => terms.iter().for_each(|term| declared.define(term)),
                address if !declared.pinned.contains(address) => declared.pinned.push(address.clone()),
                _ => {}
            }
        }
        declared
    }

    fn define(&mut self, (name, definition): &Field) {
        match self.terms.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = definition.clone(),
            None => self.terms.push((name.clone(), definition.clone())),
        }
    }

    /// What `event` uses of it: pinned addresses, and one map of the terms it names.
    pub(super) fn used(&self, event: &Value) -> Vec<Value> {
        let terms = self.terms.as_slice();
        let mut marked: Vec<bool> = terms.iter().map(|(name, _)| name.starts_with('@')).collect();
        if !terms.is_empty() {
            mark(event, terms, &mut marked);
        }
        // A definition may name other prefixes; each round marks at least one more, or is the last.
        loop {
            let before = marked.clone();
            for ((_, definition), _) in terms.iter().zip(&before).filter(|(_, used)| **used) {
                mark(definition, terms, &mut marked);
            }
            if before == marked {
                break;
            }
        }
        let used: Vec<Field> =
            terms.iter().zip(marked).filter(|(_, used)| *used).map(|(term, _)| term.clone()).collect();
        let map = (!used.is_empty()).then_some(Value::Map(used));
        self.pinned.iter().cloned().chain(map).collect()
    }
}

/// Marks the terms that the names and strings of `value` are, or begin with before a colon.
fn mark(value: &Value, terms: &[Field], marked: &mut [bool]) {
    let mut text = |text: &str| {
        // What goes on with two slashes after its colon is an address and no prefixed name (JSON-LD 1.1 §5.2).
        let prefix = match text.split_once(':') {
            Some((_, rest)) if rest.starts_with("//") => text,
            Some((prefix, _)) => prefix,
            None => text,
        };
        if let Some(at) = terms.iter().position(|(name, _)| name == prefix || name == text)
            && let Some(mark) = marked.get_mut(at)
        {
            *mark = true;
        }
    };
    match value {
        Value::Text(string) => text(string),
        Value::List(items) => items.iter().for_each(|item| mark(item, terms, marked)),
        Value::Map(fields) => {
            fields.iter().for_each(|(name, _)| text(name));
            fields.iter().filter(|(name, _)| name != "@context").for_each(|(_, value)| mark(value, terms, marked));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The entries of an event's context that its document's entries do not already give it.
pub(super) fn uncovered(event: &[Value], document: &[Value]) -> Vec<Value> {
    let given = Declared::of(document.iter()).terms;
    let missing = |entry: &Value| match entry {
        Value::Map(own) => {
            let own: Vec<Field> = own.iter().filter(|term| !given.contains(term)).cloned().collect();
            (!own.is_empty()).then_some(Value::Map(own))
        }
        other => (!document.contains(other)).then(|| other.clone()),
    };
    event.iter().filter_map(missing).collect()
}

/// The `@context` that names the standard's context and then `entries`.
pub(super) fn rendered(entries: &[Value]) -> Value {
    let standard = Value::Text(String::from(crate::context::RENDERED));
    Value::List(core::iter::once(standard).chain(entries.iter().cloned()).collect())
}
