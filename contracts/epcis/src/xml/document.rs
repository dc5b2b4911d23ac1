//! Document: the envelope and the events in it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;

use super::event::{event, leaf, put_text};
use super::extension::extension;
use super::located::{Located, Members};
use super::master_data::{header, vocabularies};
use super::names::{Names, is_standard};
use super::place::{Inner, Marks, Places};
use super::tree::{Element, Tree};
use crate::document::{Raw, Shape};
use crate::rule::{Rule, Violation};
use crate::value::Value;

/// A document of master data alone.
const MASTER_DATA: &str = "EPCISMasterDataDocument";

/// The document's members and its events, and where they stand.
pub(super) fn raw(tree: Tree) -> Result<(Raw, Places), Violation> {
    let Tree { root, marks } = tree;
    let shape = match root.name.local() {
        "EPCISDocument" | MASTER_DATA if is_standard(&root.name) => Shape::Document,
        "EPCISQueryDocument" if is_standard(&root.name) => Shape::QueryDocument,
        other => {
            return Err(marks.fault(root.mark, Rule::DocumentType, format!("{other:?} is not a document of EPCIS")));
        }
    };
    let mut reader = Reader { marks: &marks, names: Names::default(), events: None };
    let Located { mut value, place } = reader.root(&root)?;
    let Reader { names, events, .. } = reader;
    let events = events.ok_or_else(|| marks.fault(root.mark, Rule::FieldMissing, "EventList is missing".to_owned()))?;
    if let Value::Map(fields) = &mut value {
        fields.insert(0, ("@context".to_owned(), names.context()));
    }
    Ok((Raw { shape, envelope: value, events }, Places { marks, root: place }))
}

/// The envelope being read.
struct Reader<'a> {
    marks: &'a Marks,
    names: Names,
    /// The events, once their list is found.
    events: Option<Vec<Result<Value, Violation>>>,
}

impl Reader<'_> {
    fn root(&mut self, root: &Element) -> Result<Located, Violation> {
        let mut members = Members::of(root.mark);
        let master_data = root.name.local() == MASTER_DATA;
        let kind = if master_data { "EPCISDocument" } else { root.name.local() };
        put_text(&mut members, "type", root.mark, kind.to_owned());
        self.names.declare(root);
        for attribute in &root.attributes {
            let name = self.names.member(&attribute.name);
            // What is read here is EPCIS 2.0 from here on.
            let version_1 = name == "schemaVersion" && (attribute.value == "1" || attribute.value.starts_with("1."));
            let value = if version_1 { "2.0" } else { attribute.value.trim() };
            put_text(&mut members, &name, attribute.mark, value.to_owned());
        }
        for child in &root.children {
            match child.name.local() {
                "EPCISHeader" => members.put("epcisHeader", header(child, &mut self.names)),
                // Its body is what others have in their header, and it has no events.
                "EPCISBody" if master_data => {
                    let mut header = Members::of(child.mark);
                    header.put("epcisMasterData", vocabularies(child, &mut self.names));
                    members.put("epcisHeader", header.finish());
                    let mut body = Members::of(child.mark);
                    body.put("eventList", Located::list(child.mark, Vec::new()));
                    members.put("epcisBody", body.finish());
                    self.events = Some(Vec::new());
                }
                "EPCISBody" => {
                    let body = self.body(child)?;
                    members.put("epcisBody", body);
                }
                _ => self.other(child, &mut members),
            }
        }
        Ok(members.finish())
    }

    fn other(&mut self, element: &Element, members: &mut Members) {
        members.put(&self.names.member(&element.name), extension(element, &mut self.names));
    }

    /// `EPCISBody`, `QueryResults` and `resultsBody`: what leads to the events.
    fn body(&mut self, element: &Element) -> Result<Located, Violation> {
        self.names.declare(element);
        let mut members = Members::of(element.mark);
        for child in &element.children {
            match child.name.local() {
                "QueryResults" => {
                    let results = self.body(child)?;
                    members.put("queryResults", results);
                }
                "resultsBody" => {
                    let results = self.body(child)?;
                    members.put("resultsBody", results);
                }
                name @ ("subscriptionID" | "queryName") => members.put(name, leaf(child, self.marks)?),
                "EventList" => {
                    if self.events.is_some() {
                        return Err(self.marks.fault(child.mark, Rule::XmlTwice, "a second EventList".to_owned()));
                    }
                    let mut events = Vec::new();
                    let mut places = Vec::new();
                    self.names.declare(child);
                    self.list(child, &mut events, &mut places);
                    self.events = Some(events);
                    let mut list = Located::list(child.mark, Vec::new());
                    list.place.inner = Inner::List(places);
                    members.put("eventList", list);
                }
                _ => self.other(child, &mut members),
            }
        }
        Ok(members.finish())
    }

    /// The events of a list; `extension` of 1.x holds those types that came later.
    fn list(
        &mut self,
        element: &Element,
        events: &mut Vec<Result<Value, Violation>>,
        places: &mut Vec<super::place::Place>,
    ) {
        for child in &element.children {
            if child.name.local() == "extension" && is_standard(&child.name) {
                self.list(child, events, places);
                continue;
            }
            match event(child, &self.names, self.marks) {
                Ok(Located { value, place }) => {
                    events.push(Ok(value));
                    places.push(place);
                }
                Err(violation) => {
                    events.push(Err(violation));
                    places.push(Located::leaf(child.mark, Value::Null).place);
                }
            }
        }
    }
}
