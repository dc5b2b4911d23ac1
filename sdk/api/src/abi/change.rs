//! What differs between two interfaces of one contract, and whom it concerns.

use super::{Abi, Fields, Layout, Method, Named, Shape, Variant};
use std::collections::{BTreeMap, BTreeSet};

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Whom it concerns.
    pub concern: Concern,
    /// What is different.
    pub text: String,
}

/// Whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// The network refuses it.
    Refused,
    /// The stored state: the new code reads old entries differently, so `migrate` must write them anew.
    State,
    /// Those who call the contract or read its events.
    Callers,
    /// Nobody who has used the contract so far.
    Nobody,
}

/// What is different in `new`, the gravest first.
#[must_use]
pub fn changes(old: &Abi, new: &Abi) -> Vec<Change> {
    let mut found = Found::default();
    found.layout(old, new);
    found.stored_types(old, new);
    found.methods(old, new);
    found.errors(old, new);
    found.events(old, new);
    found.0.into_iter().collect()
}

#[derive(Default)]
struct Found(BTreeSet<Change>);

impl Found {
    fn note(&mut self, concern: Concern, text: String) {
        self.0.insert(Change { concern, text });
    }

    fn layout(&mut self, old: &Abi, new: &Abi) {
        let (Some(old), Some(new)) = (&old.layout, &new.layout) else {
            if old.layout.is_some() {
                self.note(Concern::Refused, "the new code does not say how its state is laid out".to_owned());
            }
            return;
        };
        if new.version < old.version {
            self.note(Concern::Refused, format!("its layout is {}, that of the contract {}", new.version, old.version));
        }
        if new.version == old.version && new.fields != old.fields {
            let next = old.version.saturating_add(1);
            self.note(
                Concern::Refused,
                format!("fields of the contract's struct differ under the same layout: write `layout = {next}`"),
            );
        }
        for (name, kind) in &old.fields {
            match new.fields.get(name) {
                None => self.note(Concern::State, format!("the field `{name}: {kind}` is gone, its entries stay")),
                Some(other) if other != kind => {
                    self.note(Concern::State, format!("the field `{name}` was `{kind}` and is `{other}`"));
                }
                Some(_) => {}
            }
        }
        for (name, kind) in new.fields.iter().filter(|(name, _)| !old.fields.contains_key(*name)) {
            self.note(Concern::Nobody, format!("the field `{name}: {kind}` is new and begins empty"));
        }
    }

    /// Types that stand in the kinds of fields, directly or through others.
    fn stored_types(&mut self, old: &Abi, new: &Abi) {
        for name in stored(old) {
            let Some(before) = old.types.get(&name) else { continue };
            match new.types.get(&name) {
                None => self.note(Concern::State, format!("the stored type `{name}` is gone")),
                Some(after) => {
                    if let Some(text) = reshaped(before, after) {
                        self.note(Concern::State, format!("the stored type `{name}`: {text}"));
                    }
                }
            }
        }
    }

    fn methods(&mut self, old: &Abi, new: &Abi) {
        for (name, before) in &old.methods {
            match new.methods.get(name) {
                None => self.note(Concern::Callers, format!("the method `{name}` is gone")),
                Some(after) if !is_called_alike(before, after) => {
                    self.note(Concern::Callers, format!("the method `{name}` takes or returns something else"));
                }
                Some(_) => {}
            }
        }
        for name in new.methods.keys().filter(|name| !old.methods.contains_key(*name)) {
            self.note(Concern::Nobody, format!("the method `{name}` is new"));
        }
    }

    /// Errors and other types that methods and events use.
    fn errors(&mut self, old: &Abi, new: &Abi) {
        for (name, before) in &old.types {
            if let Some(text) = new.types.get(name).and_then(|after| reshaped(before, after)) {
                self.note(Concern::Callers, format!("the type `{name}`: {text}"));
            }
        }
    }

    fn events(&mut self, old: &Abi, new: &Abi) {
        for (name, before) in &old.events {
            match new.events.get(name) {
                None => self.note(Concern::Callers, format!("the event `{name}` is gone")),
                Some(after) if !are_alike(&before.fields, &after.fields) => {
                    self.note(Concern::Callers, format!("the event `{name}` has other fields"));
                }
                Some(_) => {}
            }
        }
    }
}

/// Names of the types that the state holds.
fn stored(abi: &Abi) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let kinds = abi.layout.iter().flat_map(|Layout { fields, .. }| fields.values());
    let mut open: Vec<String> = kinds.flat_map(|kind| words(kind)).collect();
    while let Some(name) = open.pop() {
        let Some(named) = abi.types.get(&name) else { continue };
        if names.insert(name) {
            let fields = match &named.shape {
                Shape::Struct(fields) => fields.0.iter().collect::<Vec<_>>(),
                Shape::Enum(variants) => variants.iter().flat_map(|variant| &variant.fields.0).collect(),
            };
            open.extend(fields.into_iter().flat_map(|field| words(&field.kind.to_string())));
        }
    }
    names
}

fn words(kind: &str) -> Vec<String> {
    let words = kind.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn are_alike(one: &Fields, other: &Fields) -> bool {
    let shape = |fields: &Fields| -> Vec<_> {
        fields.0.iter().map(|field| (field.name.clone(), field.kind.clone(), field.indexed)).collect()
    };
    shape(one) == shape(other)
}

fn is_called_alike(one: &Method, other: &Method) -> bool {
    let kinds = |method: &Method| -> Vec<_> { method.args.iter().map(|arg| arg.kind.clone()).collect() };
    one.mode == other.mode && kinds(one) == kinds(other) && one.returns == other.returns && one.error == other.error
}

/// How a type's bytes are read differently; none if what was written before is read as it was.
fn reshaped(before: &Named, after: &Named) -> Option<String> {
    match (&before.shape, &after.shape) {
        (Shape::Struct(one), Shape::Struct(other)) => {
            (!are_alike(one, other)).then(|| "its fields are others".to_owned())
        }
        (Shape::Enum(one), Shape::Enum(other)) => {
            let names: BTreeMap<&str, usize> = other.iter().map(|variant| variant.name.as_str()).zip(0..).collect();
            one.iter().zip(0..).find_map(|(variant, place): (&Variant, usize)| {
                let name = variant.name.as_str();
                match names.get(name) {
                    None => Some(format!("its variant `{name}` is gone")),
                    Some(now) if *now != place => Some(format!(
                        "its variant `{name}` has another place, and so another number; add variants at the end"
                    )),
                    Some(now) => {
                        let same = other.get(*now).is_some_and(|now| are_alike(&variant.fields, &now.fields));
                        (!same).then(|| format!("its variant `{name}` has other fields"))
                    }
                }
            })
        }
        _ => Some("a struct became an enum, or the other way round".to_owned()),
    }
}
