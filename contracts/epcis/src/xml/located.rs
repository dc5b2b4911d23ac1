//! Located: a value together with where in the text it came from, while a document is turned into members.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::string::String;
use alloc::vec::Vec;

use super::place::{Inner, Place};
use crate::value::{Field, Value};

/// A value and its place.
pub(super) struct Located {
    pub(super) value: Value,
    pub(super) place: Place,
}

impl Located {
    /// A value without members.
    pub(super) fn leaf(mark: u32, value: Value) -> Self {
        Self { value, place: Place { mark, inner: Inner::Leaf } }
    }

    /// A list.
    pub(super) fn list(mark: u32, items: Vec<Self>) -> Self {
        let (values, places) = items.into_iter().map(|item| (item.value, item.place)).unzip();
        Self { value: Value::List(values), place: Place { mark, inner: Inner::List(places) } }
    }
}

/// An object being filled.
pub(super) struct Members {
    mark: u32,
    fields: Vec<Field>,
    places: Vec<(String, Place)>,
    index: BTreeMap<String, usize>,
}

impl Members {
    /// The members of what stands at `mark`.
    pub(super) fn of(mark: u32) -> Self {
        Self { mark, fields: Vec::new(), places: Vec::new(), index: BTreeMap::new() }
    }

    /// Whether member `name` is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// Adds a member; one that is there already becomes a list of both.
    pub(super) fn put(&mut self, name: &str, Located { value, place }: Located) {
        match self.index.entry(name.into()) {
            Entry::Vacant(new) => {
                new.insert(self.fields.len());
                self.fields.push((name.into(), value));
                self.places.push((name.into(), place));
            }
            Entry::Occupied(known) => {
                let at = *known.get();
                if let (Some((_, values)), Some((_, places))) = (self.fields.get_mut(at), self.places.get_mut(at)) {
                    append(values, value);
                    places.append(place);
                }
            }
        }
    }

    /// The object.
    pub(super) fn finish(self) -> Located {
        let Self { mark, fields, places, .. } = self;
        Located { value: Value::Map(fields), place: Place { mark, inner: Inner::Map(places) } }
    }
}

fn append(values: &mut Value, value: Value) {
    match values {
        Value::List(items) => items.push(value),
        single => {
            let first = core::mem::replace(single, Value::Null);
            *single = Value::List(Vec::from([first, value]));
        }
    }
}

impl Place {
    fn append(&mut self, place: Self) {
        match &mut self.inner {
            Inner::List(items) => items.push(place),
            _ => {
                let mark = self.mark;
                let first = core::mem::replace(self, Self { mark, inner: Inner::Leaf });
                self.inner = Inner::List(Vec::from([first, place]));
            }
        }
    }
}
