//! Names: elements of other namespaces as members, and the context that declares their prefixes.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::tree::{Element, Name};
use crate::context::RENDERED;
use crate::limits::XML_NAMESPACES_MAX;
use crate::value::Value;

/// `xsi:type` and the like.
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The types that `xsi:type` names.
const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
/// Namespaces of the standard's own elements, which are mostly written without one.
const STANDARD: [&str; 6] = [
    "urn:epcglobal:epcis:xsd:1",
    "urn:epcglobal:epcis:xsd:2",
    "urn:epcglobal:epcis-query:xsd:1",
    "urn:epcglobal:epcis-query:xsd:2",
    "urn:epcglobal:epcis-masterdata:xsd:1",
    "urn:epcglobal:epcis-masterdata:xsd:2",
];
/// What the standard's JSON-LD context declares already.
const IMPLIED: [(&str, &str); 4] = [
    ("cbv", "https://ref.gs1.org/cbv/"),
    ("gs1", "https://gs1.org/voc/"),
    ("cbvmda", "urn:epcglobal:cbv:mda"),
    ("cbvmda", "urn:epcglobal:cbv:mda:"),
];

/// Whether an element is one of the standard.
pub(super) fn is_standard(name: &Name) -> bool {
    name.namespace.as_deref().is_none_or(|namespace| STANDARD.contains(&namespace))
}

/// Prefixes in force, with their namespaces.
#[derive(Clone, Default)]
pub(super) struct Names {
    /// Those that the document's context declares.
    outer: BTreeMap<String, String>,
    /// Those that an event's own context adds or replaces.
    own: BTreeMap<String, String>,
}

impl Names {
    /// Takes over what `element`, which stands above all events, declares.
    pub(super) fn declare(&mut self, element: &Element) {
        declare(element, &mut self.outer);
    }

    /// The names of one event, which may declare some of its own.
    pub(super) fn within(&self, event: &Element) -> Self {
        let mut own = BTreeMap::new();
        declare(event, &mut own);
        own.retain(|prefix, namespace| self.outer.get(prefix) != Some(namespace));
        Self { outer: self.outer.clone(), own }
    }

    /// The name of a member; its prefix is declared from here on.
    pub(super) fn member(&mut self, name: &Name) -> String {
        let Some(namespace) = name.namespace.as_deref().filter(|_| !is_standard(name)) else {
            return name.local().to_owned();
        };
        let prefix = name.prefix();
        if IMPLIED.contains(&(prefix, namespace)) || self.get(prefix) == Some(namespace) {
            return format!("{prefix}:{}", name.local());
        }
        if !prefix.is_empty() && self.get(prefix).is_none() {
            self.own.insert(prefix.to_owned(), namespace.to_owned());
            return format!("{prefix}:{}", name.local());
        }
        format!("{}:{}", self.other(namespace), name.local())
    }

    /// A prefix for a namespace whose own cannot be used.
    fn other(&mut self, namespace: &str) -> String {
        let named = |(prefix, bound): (&String, &String)| (bound == namespace).then(|| prefix.clone());
        let outer = self.outer.iter().filter(|(prefix, _)| !self.own.contains_key(*prefix));
        if let Some(prefix) = self.own.iter().chain(outer).find_map(named) {
            return prefix;
        }
        let made = (1..).map(|number: u32| format!("ns{number}")).find(|prefix| self.get(prefix).is_none());
        let prefix = made.unwrap_or_default();
        self.own.insert(prefix.clone(), namespace.to_owned());
        prefix
    }

    fn get(&self, prefix: &str) -> Option<&str> {
        self.own.get(prefix).or_else(|| self.outer.get(prefix)).map(String::as_str)
    }

    /// Whether more prefixes are declared than an event may have.
    pub(super) fn overflow(&self) -> bool {
        self.own.len() > XML_NAMESPACES_MAX
    }

    /// The `@context` of a document: the standard's, and what it declares; its header may have prefixes of its own.
    pub(super) fn context(&self) -> Value {
        let outer = self.outer.iter().filter(|(prefix, _)| !self.own.contains_key(*prefix));
        let standard = Value::Text(RENDERED.to_owned());
        Value::List([standard].into_iter().chain(context(outer.chain(&self.own))).collect())
    }

    /// The `@context` that an event has beside its document's, if it declares anything.
    pub(super) fn context_of_event(&self) -> Option<Value> {
        context(self.own.iter()).map(|terms| Value::List(Vec::from([terms])))
    }
}

fn declare(element: &Element, prefixes: &mut BTreeMap<String, String>) {
    for (prefix, namespace) in &element.declared {
        let foreign = ![INSTANCE, SCHEMA].contains(&namespace.as_str()) && !STANDARD.contains(&namespace.as_str());
        if !prefix.is_empty() && foreign && !IMPLIED.contains(&(prefix.as_str(), namespace.as_str())) {
            prefixes.insert(prefix.clone(), namespace.clone());
        }
    }
}

fn context<'a>(prefixes: impl Iterator<Item = (&'a String, &'a String)>) -> Option<Value> {
    let term = |(prefix, namespace): (&String, &String)| (prefix.clone(), Value::Text(namespace.clone()));
    let terms: Vec<_> = prefixes.map(term).collect();
    (!terms.is_empty()).then_some(Value::Map(terms))
}
