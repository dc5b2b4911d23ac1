//! JSON: finds the list of events and where each of them ends. What they say is for the one reader of JSON to read.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{Document, Shape, checked, header, id_of, shape};
use super::{Found, Text, bounded, bounded_event};
use crate::json::namespace::{self, Declared};
use crate::json::{Shift, read_part, typed};
use crate::limits::{DOCUMENT_BYTES_MAX, NESTING_MAX};
use crate::rule::{Policy, Rule, Violation, fault};
use crate::value::Value;

/// Members that events rest on.
const BEFORE: [&str; 4] = ["@context", "type", "schemaVersion", "creationDate"];

/// A document of JSON that is being read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The next byte to look at, counted from what is needed of the text.
    at: usize,
    quoted: Quoted,
    /// What is open, until the list of events is found.
    open: Vec<Open>,
    list: Option<Box<List>>,
}

/// Whether the byte looked at is inside a string.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Quoted {
    #[default]
    No,
    /// It is, and the string begins there.
    From(usize),
    /// It is, after a backslash.
    Escaped(usize),
}

/// An object or an array that is open.
#[derive(Debug)]
struct Open {
    is_object: bool,
    /// Whether the next string is a member's name.
    names: bool,
    /// The member that is being read.
    member: Vec<u8>,
}

/// The list of events.
#[derive(Debug)]
struct List {
    shape: Shape,
    /// The text before its first event.
    head: Vec<u8>,
    context: Vec<Value>,
    declared: Declared,
    /// How many events were read.
    count: usize,
    expected: Expected,
    /// How many objects and arrays are open in the event being read.
    depth: usize,
}

/// What comes next in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// An event, or the end of an empty list.
    First,
    Event,
    /// The rest of an event that has begun.
    Rest,
    /// A comma, or the end of the list.
    Comma,
    /// The list has ended; the rest of the document.
    Tail,
}

impl Quoted {
    /// Goes on by one byte of a string; answers where it began, if it ends here.
    fn next(&mut self, byte: u8) -> Option<usize> {
        match (*self, byte) {
            (Self::From(start), b'"') => {
                *self = Self::No;
                Some(start)
            }
            (Self::From(start), b'\\') => {
                *self = Self::Escaped(start);
                None
            }
            (Self::Escaped(start), _) => {
                *self = Self::From(start);
                None
            }
            _ => None,
        }
    }
}

impl Reading {
    pub(super) fn step(&mut self, text: &mut Text, policy: Policy, master_data: &mut bool) -> Result<Found, Violation> {
        if self.list.is_none() {
            match self.find(text.rest()) {
                Some(shape) => match self.enter(shape, text, master_data)? {
                    Some(list) => self.list = Some(Box::new(list)),
                    None => return Ok(Found::Whole),
                },
                None if text.ended => return Ok(Found::Whole),
                None => return bounded(text.rest(), DOCUMENT_BYTES_MAX).map(|()| Found::More),
            }
        }
        let Self { at, quoted, list: Some(list), .. } = self else { return Ok(Found::More) };
        list.step(text, at, quoted, policy)
    }

    /// Looks for the list of events; `at` is behind its bracket then.
    fn find(&mut self, text: &[u8]) -> Option<Shape> {
        while let Some(&byte) = text.get(self.at) {
            self.at += 1;
            if self.quoted != Quoted::No {
                if let Some(start) = self.quoted.next(byte)
                    && let Some(open) = self.open.last_mut().filter(|open| open.names)
                {
                    open.names = false;
                    open.member = text.get(start..self.at - 1).unwrap_or_default().to_vec();
                }
                continue;
            }
            match byte {
                b'"' => self.quoted = Quoted::From(self.at),
                b'{' => self.open.push(Open { is_object: true, names: true, member: Vec::new() }),
                b'[' => match self.shape() {
                    Some(shape) => return Some(shape),
                    None => self.open.push(Open { is_object: false, names: false, member: Vec::new() }),
                },
                b'}' | b']' => drop(self.open.pop()),
                b',' => {
                    if let Some(open) = self.open.last_mut().filter(|open| open.is_object) {
                        open.names = true;
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The kind of document that has its events in an array which begins here.
    fn shape(&self) -> Option<Shape> {
        let is_at = |shape: &Shape| {
            let path = shape.path();
            let members = self.open.iter().map(|open| open.member.as_slice());
            self.open.iter().all(|open| open.is_object) && members.eq(path.iter().map(|name| name.as_bytes()))
        };
        [Shape::Document, Shape::QueryDocument, Shape::List].into_iter().find(is_at)
    }

    /// Reads what stands before the events; none where that is not all that they rest on.
    fn enter(
        &mut self,
        shape_found: Shape,
        text: &mut Text,
        master_data: &mut bool,
    ) -> Result<Option<List>, Violation> {
        let mut envelope = text.rest().get(..self.at).unwrap_or_default().to_vec();
        envelope.push(b']');
        envelope.extend(self.open.iter().map(|_| b'}'));
        let value = read_part(&envelope, Shift::default(), NESTING_MAX)?;
        if shape_found != Shape::List {
            if BEFORE.iter().any(|name| value.member(name).is_none()) || shape(&value)? != shape_found {
                return Ok(None);
            }
            header(&value)?;
        }
        let context = match value.member("@context").cloned() {
            Some(context) => namespace::declared(context).map_err(|fault| fault.below("$.@context"))?,
            None => Vec::new(),
        };
        let declared = Declared::of(context.iter());
        *master_data = value.member("epcisHeader").is_some_and(|header| header.member("epcisMasterData").is_some());
        let head = text.take(self.at);
        self.at = 0;
        Ok(Some(List { shape: shape_found, head, context, declared, count: 0, expected: Expected::First, depth: 0 }))
    }
}

impl List {
    fn step(
        &mut self,
        text: &mut Text,
        at: &mut usize,
        quoted: &mut Quoted,
        policy: Policy,
    ) -> Result<Found, Violation> {
        while self.expected != Expected::Tail {
            let Some(&byte) = text.rest().get(*at) else {
                return if text.ended {
                    self.broken_off(text)
                } else {
                    bounded_event(text.rest()).map(|()| Found::More)
                };
            };
            match self.expected {
                Expected::Rest => {
                    if let Some(end) = self.end_of_event(*at, byte, quoted) {
                        *at = 0;
                        self.expected = Expected::Comma;
                        let event = self.event(text, end, policy)?;
                        return Ok(Found::Event(Box::new(event)));
                    }
                    *at += 1;
                }
                _ if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => *at += 1,
                Expected::Comma if byte == b',' => {
                    text.take(*at + 1);
                    (*at, self.expected) = (0, Expected::Event);
                }
                Expected::Comma | Expected::First if byte == b']' => {
                    text.take(*at);
                    (*at, self.expected) = (0, Expected::Tail);
                }
                Expected::Comma => return Err(self.misplaced(text, *at)),
                // What is no event is for the reader to refuse.
                _ => {
                    text.take(*at);
                    (*at, self.depth, *quoted, self.expected) = (0, 0, Quoted::No, Expected::Rest);
                }
            }
        }
        if !text.ended {
            return bounded(text.rest(), DOCUMENT_BYTES_MAX).map(|()| Found::More);
        }
        self.tail(text).map(|()| Found::End)
    }

    /// Goes on by one byte of an event; answers how many bytes it has, if it ends before or with this one.
    fn end_of_event(&mut self, at: usize, byte: u8, quoted: &mut Quoted) -> Option<usize> {
        if *quoted != Quoted::No {
            let ends = quoted.next(byte).is_some() && self.depth == 0;
            return ends.then_some(at + 1);
        }
        match byte {
            b'"' => *quoted = Quoted::From(at),
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                return (self.depth == 0).then_some(at + 1);
            }
            // A number or a word has no end of its own.
            b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r' if self.depth == 0 => return Some(at.max(1)),
            _ => {}
        }
        None
    }

    fn shift(text: &Text) -> Shift {
        Shift { at: 0, bytes: text.before.0, lines: text.before.1 }
    }

    /// The path of the event that is being read.
    fn path(&self) -> String {
        self.shape.event_path(self.count)
    }

    fn event(&mut self, text: &mut Text, length: usize, policy: Policy) -> Result<Document, Violation> {
        let value = self.value(text, length)?;
        text.take(length);
        let path = self.path();
        let id = id_of(&value);
        let event = checked(typed::event_within(value, &self.context, &self.declared), &path, policy);
        let first = self.count;
        self.count += 1;
        let document = Document {
            shape: self.shape,
            envelope: Value::Null,
            context: self.context.clone(),
            events: Vec::from([event]),
            first: 0,
            ids: Vec::from([id]),
            #[cfg(feature = "xml")]
            places: None,
        };
        Ok(document.part(first))
    }

    fn value(&self, text: &Text, length: usize) -> Result<Value, Violation> {
        let bytes = text.rest().get(..length).unwrap_or_default();
        bounded_event(bytes).map_err(|fault| fault.below(&self.path()))?;
        // The list and what it stands in are levels above.
        let depth = NESTING_MAX.saturating_sub(self.shape.path().len() + 1);
        read_part(bytes, Self::shift(text), depth).map_err(|fault| fault.below(&self.path()))
    }

    /// What is wrong with a text that ends within the list.
    fn broken_off(&self, text: &Text) -> Result<Found, Violation> {
        if self.expected == Expected::Comma {
            return Err(self.misplaced(text, text.rest().len()));
        }
        let broken = self.value(text, text.rest().len()).err();
        Err(broken.unwrap_or_else(|| self.misplaced(text, text.rest().len())))
    }

    /// The fault of a list that neither goes on nor ends.
    fn misplaced(&self, text: &Text, at: usize) -> Violation {
        let before = text.rest().get(..at).unwrap_or_default();
        let line = text.before.1 + before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let found = text.rest().get(at..).unwrap_or_default();
        let found = String::from_utf8_lossy(found.get(..found.len().min(4)).unwrap_or_default());
        let found = found.chars().next().map_or_else(|| "the end".to_owned(), |found| format!("{found:?}"));
        let reason = format!("{found} at byte {}, line {line}, where ',' or ']' belongs", text.before.0 + at);
        fault(Rule::JsonSyntax, reason).below(&self.shape.list_path())
    }

    /// Checks what stands after the events, together with what stands before them.
    fn tail(&self, text: &Text) -> Result<(), Violation> {
        let shift = Shift {
            at: self.head.len(),
            bytes: text.before.0.saturating_sub(self.head.len()),
            lines: text.before.1.saturating_sub(self.head.iter().filter(|byte| **byte == b'\n').count()),
        };
        let whole = [self.head.as_slice(), text.rest()].concat();
        read_part(&whole, shift, NESTING_MAX).map(drop)
    }
}
