//! Event: one element as the members that the same event has in JSON-LD.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::extension::{attributes, extension, number, truth};
use super::located::{Located, Members};
use super::names::{Names, is_standard};
use super::place::Marks;
use super::tree::Element;
use crate::limits::{EVENT_NESTING_MAX, XML_NAMESPACES_MAX};
use crate::rule::{Rule, Violation};
use crate::value::Value;

/// The event in `element`, under the prefixes of its document.
///
/// # Errors
///
/// What stands where no such thing can stand. All else is for the reader of members to judge.
pub(super) fn event(element: &Element, names: &Names, marks: &Marks) -> Result<Located, Violation> {
    let mut reader = Reader { names: names.within(element), marks, quantity: None };
    let mut members = Members::of(element.mark);
    // Deprecated since 1.1: an ObjectEvent that observes one class.
    let quantity = element.name.local() == "QuantityEvent" && is_standard(&element.name);
    let kind = if quantity { "ObjectEvent".to_owned() } else { reader.names.member(&element.name) };
    put_text(&mut members, "type", element.mark, kind);
    if quantity {
        put_text(&mut members, "action", element.mark, "OBSERVE".to_owned());
        reader.quantity = Some(Members::of(element.mark));
    }
    attributes(element, &mut reader.names, &mut members);
    reader.fields(element, &mut members)?;
    if let Some(quantity) = reader.quantity {
        members.put("quantityList", Located::list(element.mark, [quantity.finish()].into()));
    }
    if reader.names.overflow() {
        let reason = format!("more than {XML_NAMESPACES_MAX} namespaces in one event");
        return Err(marks.fault(element.mark, Rule::XmlBounds, reason));
    }
    if let Some(context) = reader.names.context_of_event() {
        members.put("@context", Located::leaf(element.mark, context));
    }
    let event = members.finish();
    if event.value.depth() > EVENT_NESTING_MAX {
        let reason = format!("its members nest more than {EVENT_NESTING_MAX} deep");
        return Err(marks.fault(element.mark, Rule::XmlBounds, reason));
    }
    Ok(event)
}

/// Adds a member whose value is text.
pub(super) fn put_text(members: &mut Members, name: &str, mark: u32, text: String) {
    members.put(name, Located::leaf(mark, Value::Text(text)));
}

/// The text of an element that holds nothing else, without the white space around it.
pub(super) fn leaf(element: &Element, marks: &Marks) -> Result<Located, Violation> {
    plain(element, marks)?;
    text_only(element, marks)?;
    Ok(Located::leaf(element.mark, Value::Text(element.text.trim().to_owned())))
}

/// Refuses attributes.
fn plain(element: &Element, marks: &Marks) -> Result<(), Violation> {
    match element.attributes.first() {
        Some(attribute) => {
            let reason = format!("{} has no attribute {:?}", element.name.written, attribute.name.written);
            Err(marks.fault(attribute.mark, Rule::FieldClosed, reason))
        }
        None => Ok(()),
    }
}

/// Refuses elements.
fn text_only(element: &Element, marks: &Marks) -> Result<(), Violation> {
    match element.children.first() {
        Some(child) => Err(marks.fault(child.mark, Rule::FieldType, "an element where text belongs".to_owned())),
        None => Ok(()),
    }
}

/// Refuses text.
fn elements_only(element: &Element, marks: &Marks) -> Result<(), Violation> {
    if element.text.trim().is_empty() {
        return Ok(());
    }
    Err(marks.fault(element.mark, Rule::FieldType, "text where elements belong".to_owned()))
}

/// Reads one element of a kind that the standard has.
type Read<'a> = fn(&mut Reader<'a>, &Element) -> Result<Located, Violation>;

struct Reader<'a> {
    names: Names,
    marks: &'a Marks,
    /// The one quantity of a QuantityEvent.
    quantity: Option<Members>,
}

impl<'a> Reader<'a> {
    /// The fields of an event; `extension` of 1.x holds those that came later.
    fn fields(&mut self, element: &Element, members: &mut Members) -> Result<(), Violation> {
        elements_only(element, self.marks)?;
        for child in &element.children {
            if !is_standard(&child.name) {
                self.foreign(child, members);
                continue;
            }
            let name = child.name.local();
            match name {
                "baseExtension" | "extension" => self.fields(child, members)?,
                "eventTime"
                | "recordTime"
                | "eventTimeZoneOffset"
                | "eventID"
                | "action"
                | "bizStep"
                | "disposition"
                | "parentID"
                | "transformationID" => self.once(child, name, members, Self::text)?,
                "certificationInfo" => members.put(name, leaf(child, self.marks)?),
                "epcList" | "childEPCs" | "inputEPCList" | "outputEPCList" => {
                    self.items(child, "epc", members, Self::text)?;
                }
                "quantityList" | "childQuantityList" | "inputQuantityList" | "outputQuantityList" => {
                    self.items(child, "quantityElement", members, Self::quantity)?;
                }
                "bizTransactionList" => self.items(child, "bizTransaction", members, Self::reference)?,
                "sourceList" => self.items(child, "source", members, Self::reference)?,
                "destinationList" => self.items(child, "destination", members, Self::reference)?,
                "sensorElementList" => self.items(child, "sensorElement", members, Self::sensor)?,
                "readPoint" | "bizLocation" => self.once(child, name, members, Self::place)?,
                "persistentDisposition" => self.once(child, name, members, Self::persistent)?,
                "ilmd" => self.once(child, name, members, Self::ilmd)?,
                "errorDeclaration" => self.once(child, name, members, Self::error)?,
                "epcClass" | "quantity" if self.quantity.is_some() => {
                    let value = self.amount(child)?;
                    if let Some(quantity) = &mut self.quantity {
                        quantity.put(name, value);
                    }
                }
                _ => self.foreign(child, members),
            }
        }
        Ok(())
    }

    /// A member of somebody's own; it may repeat.
    fn foreign(&mut self, element: &Element, members: &mut Members) {
        let value = extension(element, &mut self.names);
        members.put(&self.names.member(&element.name), value);
    }

    /// A member of the standard, which stands once.
    fn once(&mut self, element: &Element, name: &str, members: &mut Members, read: Read<'a>) -> Result<(), Violation> {
        if members.has(name) {
            return Err(self.marks.fault(element.mark, Rule::XmlTwice, format!("{name} appears twice")));
        }
        members.put(name, read(self, element)?);
        Ok(())
    }

    /// A list of the standard with its elements, all of one name.
    fn items(&mut self, list: &Element, item: &str, members: &mut Members, read: Read<'a>) -> Result<(), Violation> {
        let name = list.name.local();
        if members.has(name) {
            return Err(self.marks.fault(list.mark, Rule::XmlTwice, format!("{name} appears twice")));
        }
        plain(list, self.marks)?;
        elements_only(list, self.marks)?;
        let mut items = Vec::with_capacity(list.children.len());
        for child in &list.children {
            self.named(child, item, list)?;
            items.push(read(self, child)?);
        }
        members.put(name, Located::list(list.mark, items));
        Ok(())
    }

    /// Refuses an element of another name.
    fn named(&self, element: &Element, name: &str, within: &Element) -> Result<(), Violation> {
        if is_standard(&element.name) && element.name.local() == name {
            return Ok(());
        }
        let reason = format!("{:?} in {}, which holds {name}", element.name.written, within.name.written);
        Err(self.marks.fault(element.mark, Rule::FieldClosed, reason))
    }

    fn text(&mut self, element: &Element) -> Result<Located, Violation> {
        leaf(element, self.marks)
    }

    /// Text, or a number where it is one.
    fn amount(&mut self, element: &Element) -> Result<Located, Violation> {
        let mut value = leaf(element, self.marks)?;
        if element.name.local() == "quantity"
            && let Some(amount) = number(&element.text)
        {
            value.value = amount;
        }
        Ok(value)
    }

    fn quantity(&mut self, element: &Element) -> Result<Located, Violation> {
        self.object(element, |reader, child, members| reader.once(child, child.name.local(), members, Self::amount))
    }

    /// A party or document: its identifier is the text, its role the attribute `type`.
    fn reference(&mut self, element: &Element) -> Result<Located, Violation> {
        text_only(element, self.marks)?;
        let mut members = Members::of(element.mark);
        attributes(element, &mut self.names, &mut members);
        put_text(&mut members, element.name.local(), element.mark, element.text.trim().to_owned());
        Ok(members.finish())
    }

    fn place(&mut self, element: &Element) -> Result<Located, Violation> {
        self.object(element, |reader, child, members| match child.name.local() {
            "id" => reader.once(child, "id", members, Self::text),
            _ => {
                reader.foreign(child, members);
                Ok(())
            }
        })
    }

    fn persistent(&mut self, element: &Element) -> Result<Located, Violation> {
        let mut lists = [("set", Vec::new()), ("unset", Vec::new())];
        plain(element, self.marks)?;
        elements_only(element, self.marks)?;
        for child in &element.children {
            let list = lists.iter_mut().find(|(name, _)| is_standard(&child.name) && *name == child.name.local());
            match list {
                Some((_, list)) => list.push(leaf(child, self.marks)?),
                None => self.named(child, "set", element)?,
            }
        }
        let mut members = Members::of(element.mark);
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            members.put(name, Located::list(element.mark, list));
        }
        Ok(members.finish())
    }

    fn ilmd(&mut self, element: &Element) -> Result<Located, Violation> {
        self.object(element, |reader, child, members| {
            reader.foreign(child, members);
            Ok(())
        })
    }

    fn error(&mut self, element: &Element) -> Result<Located, Violation> {
        self.object(element, |reader, child, members| match child.name.local() {
            name @ ("declarationTime" | "reason") => reader.once(child, name, members, Self::text),
            "correctiveEventIDs" => reader.items(child, "correctiveEventID", members, Self::text),
            _ => {
                reader.foreign(child, members);
                Ok(())
            }
        })
    }

    fn sensor(&mut self, element: &Element) -> Result<Located, Violation> {
        let mut reports = Vec::new();
        let mut members = Members::of(element.mark);
        attributes(element, &mut self.names, &mut members);
        self.children(element, &mut members, &mut |reader, child, members| match child.name.local() {
            name @ "sensorMetadata" => reader.once(child, name, members, Self::readings),
            "sensorReport" => {
                reports.push(reader.readings(child)?);
                Ok(())
            }
            _ => {
                reader.foreign(child, members);
                Ok(())
            }
        })?;
        members.put("sensorReport", Located::list(element.mark, reports));
        Ok(members.finish())
    }

    /// Sensor metadata or a report: attributes, of which some are numbers and one is a truth value.
    fn readings(&mut self, element: &Element) -> Result<Located, Violation> {
        elements_only(element, self.marks)?;
        let mut members = Members::of(element.mark);
        for attribute in &element.attributes {
            let name = self.names.member(&attribute.name);
            let value = match name.as_str() {
                "value" | "minValue" | "maxValue" | "meanValue" | "sDev" | "percRank" | "percValue" => {
                    number(&attribute.value)
                }
                "booleanValue" => truth(&attribute.value),
                name if name.contains(':') => Some(Value::Text(attribute.value.clone())),
                _ => None,
            };
            let value = value.unwrap_or_else(|| Value::Text(attribute.value.trim().to_owned()));
            members.put(&name, Located::leaf(attribute.mark, value));
        }
        for child in &element.children {
            self.foreign(child, &mut members);
        }
        Ok(members.finish())
    }

    /// An object: its attributes, and its elements as `one` reads each.
    fn object(
        &mut self,
        element: &Element,
        mut one: impl FnMut(&mut Self, &Element, &mut Members) -> Result<(), Violation>,
    ) -> Result<Located, Violation> {
        let mut members = Members::of(element.mark);
        attributes(element, &mut self.names, &mut members);
        self.children(element, &mut members, &mut one)?;
        Ok(members.finish())
    }

    /// The elements within `element`, those of its `extension` too. Elements of other namespaces are kept.
    fn children(
        &mut self,
        element: &Element,
        members: &mut Members,
        one: &mut dyn FnMut(&mut Self, &Element, &mut Members) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        elements_only(element, self.marks)?;
        for child in &element.children {
            match child.name.local() {
                _ if !is_standard(&child.name) => self.foreign(child, members),
                "extension" => self.children(child, members, one)?,
                _ => one(self, child, members)?,
            }
        }
        Ok(())
    }
}
