//! XML: finds the list of events and where each of them ends. Each is read by the one reader of XML as a document of its own,
//! made of the tags that are open around it and of its text.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::Document;
use super::{Found, Text, bounded, bounded_event};
use crate::limits::{DOCUMENT_BYTES_MAX, XML_DEPTH_MAX};
use crate::rule::{Policy, Position, Violation};
use crate::xml::{Before, parse_part};

/// A document of XML that is being read.
#[derive(Debug)]
pub(super) struct Reading {
    /// The next byte to look at, counted from what is needed of the text.
    at: usize,
    /// Where the needed text begins.
    position: Position,
    /// What is open around the events, or above the present element while their list is looked for.
    open: Vec<Open>,
    /// The text before the first event, once their list was found.
    head: Option<Vec<u8>>,
    /// How many events were read.
    count: usize,
    /// The name of the event being read.
    name: Vec<u8>,
    /// How many elements are open in it.
    depth: usize,
    /// How many elements are open around the list, it included.
    list_depth: usize,
    /// Whether the list is at its end.
    ended: bool,
}

/// An element that is open.
#[derive(Debug)]
struct Open {
    name: Vec<u8>,
    /// Its start tag, with what stands before it in the list of events.
    tag: Vec<u8>,
    /// Names of elements in it, and how many of each it had.
    children: Vec<(String, u32)>,
}

/// A piece of the text.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Start {
        name: &'a [u8],
        is_empty: bool,
    },
    End,
    /// Text, a comment, an instruction, a declaration.
    Other,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            at: 0,
            position: Position { line: 1, column: 1 },
            open: Vec::new(),
            head: None,
            count: 0,
            name: Vec::new(),
            depth: 0,
            list_depth: 0,
            ended: false,
        }
    }
}

/// What follows the prefix of a name.
fn local(name: &[u8]) -> &[u8] {
    name.iter().position(|byte| *byte == b':').and_then(|colon| name.get(colon + 1..)).unwrap_or(name)
}

/// The token at byte `at`, and where it ends; none if that cannot be told yet.
fn token(text: &[u8], at: usize) -> Option<(Token<'_>, usize)> {
    let rest = text.get(at..)?;
    let behind = |from: usize, mark: &[u8]| {
        let found = rest.get(from..)?.windows(mark.len()).position(|window| window == mark)?;
        Some((Token::Other, at + from + found + mark.len()))
    };
    if rest.first()? != &b'<' {
        let end = rest.iter().position(|byte| *byte == b'<')?;
        return Some((Token::Other, at + end));
    }
    match rest.get(1)? {
        b'?' => behind(2, b"?>"),
        b'!' if rest.starts_with(b"<!--") => behind(4, b"-->"),
        b'!' if rest.starts_with(b"<![CDATA[") => behind(9, b"]]>"),
        // It may still become one of the two.
        b'!' if b"<!--".starts_with(rest) || b"<![CDATA[".starts_with(rest) => None,
        b'!' => behind(2, b">"),
        b'/' => behind(2, b">").map(|(_, end)| (Token::End, end)),
        _ => start(rest).map(|(name, is_empty, length)| (Token::Start { name, is_empty }, at + length)),
    }
}

/// A start tag: its name, whether it is the whole element, and its length.
fn start(rest: &[u8]) -> Option<(&[u8], bool, usize)> {
    let mut quote = None;
    for (at, byte) in rest.iter().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'>') => {
                let inner = rest.get(1..at)?;
                let length = inner.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/');
                let name = inner.get(..length.unwrap_or(inner.len()))?;
                return Some((name, inner.last() == Some(&b'/'), at + 1));
            }
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    None
}

/// How reading goes on after a token.
enum Next {
    /// With the token behind it.
    On,
    /// With the text behind it, of which nothing is needed any more.
    Anew,
    /// An event ends with it.
    Event,
}

impl Reading {
    pub(super) fn step(&mut self, text: &mut Text, policy: Policy, master_data: &mut bool) -> Result<Found, Violation> {
        if self.head.is_none() {
            if !self.find(text.rest()) {
                // A document without a list, or one that is broken before it.
                let is_over = text.ended || self.open.len() > XML_DEPTH_MAX;
                let bounds = bounded(text.rest(), DOCUMENT_BYTES_MAX);
                return bounds.map(|()| if is_over { Found::Whole } else { Found::More });
            }
            *master_data = self.enter(text, policy)?;
        }
        while !self.ended {
            let (next, end) = match token(text.rest(), self.at) {
                Some((Token::Start { name, is_empty }, end)) => {
                    let name = name.to_owned();
                    (self.start(name, is_empty, end, text), end)
                }
                Some((Token::End, end)) => (self.end(end, text, policy)?, end),
                Some((Token::Other, end)) => (Next::On, end),
                None if text.ended => break,
                None => return bounded_event(text.rest()).map(|()| Found::More),
            };
            self.at = if matches!(next, Next::On) { end } else { 0 };
            if matches!(next, Next::Event) {
                return self.event(text, end, policy).map(|event| Found::Event(Box::new(event)));
            }
        }
        if !text.ended {
            return bounded(text.rest(), DOCUMENT_BYTES_MAX).map(|()| Found::More);
        }
        self.tail(text, policy).map(|()| Found::End)
    }

    /// Looks for the list of events; `at` is behind its start tag then.
    fn find(&mut self, text: &[u8]) -> bool {
        while let Some((token, end)) = token(text, self.at) {
            let before = core::mem::replace(&mut self.at, end);
            match token {
                Token::Start { name, is_empty: false } => {
                    let tag = text.get(before..end).unwrap_or_default().to_vec();
                    self.open.push(Open { name: name.to_vec(), tag, children: Vec::new() });
                    if self.is_list() {
                        return true;
                    }
                    if self.open.len() > XML_DEPTH_MAX {
                        return false;
                    }
                }
                Token::End => drop(self.open.pop()),
                Token::Start { .. } | Token::Other => {}
            }
        }
        false
    }

    /// Whether what is open is the list of events, as the reader finds it.
    fn is_list(&self) -> bool {
        let mut names = self.open.iter().map(|open| local(&open.name)).skip(1);
        names.next() == Some(b"EPCISBody")
            && names.next_back() == Some(b"EventList")
            && names.all(|name| name == b"QueryResults" || name == b"resultsBody")
    }

    /// Checks what stands before the events; answers whether there is master data in it.
    fn enter(&mut self, text: &mut Text, policy: Policy) -> Result<bool, Violation> {
        let head = self.let_go(text, self.at);
        let mut document = head.clone();
        self.close(&mut document);
        let envelope = parse_part(&document, policy, None)?;
        (self.head, self.list_depth, self.at) = (Some(head), self.open.len(), 0);
        Ok(envelope.master_data().is_some())
    }

    /// A start tag in the list, which ends at `end`.
    fn start(&mut self, name: Vec<u8>, is_empty: bool, end: usize, text: &mut Text) -> Next {
        if self.depth > 0 {
            self.depth += usize::from(!is_empty);
            return Next::On;
        }
        // It holds events of those types that came later.
        if local(&name) == b"extension" {
            if is_empty {
                return Next::On;
            }
            let tag = self.let_go(text, end);
            self.open.push(Open { name, tag, children: Vec::new() });
            return Next::Anew;
        }
        self.name = name;
        self.depth = usize::from(!is_empty);
        if is_empty { Next::Event } else { Next::On }
    }

    /// An end tag in the list, which ends at `end`.
    fn end(&mut self, end: usize, text: &mut Text, policy: Policy) -> Result<Next, Violation> {
        if self.depth > 0 {
            self.depth -= 1;
            return Ok(if self.depth == 0 { Next::Event } else { Next::On });
        }
        if self.open.len() <= self.list_depth {
            self.ended = true;
            return Ok(Next::Anew);
        }
        // The end of an `extension`, with what stands between it and the last event.
        let between = text.rest().get(..self.at).unwrap_or_default();
        if !between.iter().all(u8::is_ascii_whitespace) {
            self.part(between, policy)?;
        }
        self.open.pop();
        self.let_go(text, end);
        Ok(Next::Anew)
    }

    /// Counts the event that was read by its name.
    fn count_event(&mut self) {
        let name = String::from_utf8_lossy(&self.name);
        let Some(open) = self.open.last_mut() else { return };
        match open.children.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => open.children.push((name.into_owned(), 1)),
        }
    }

    /// The event in the first `length` bytes of the text.
    fn event(&mut self, text: &mut Text, length: usize, policy: Policy) -> Result<Document, Violation> {
        let part = text.rest().get(..length).unwrap_or_default();
        bounded_event(part)?;
        let document = self.part(part, policy)?;
        self.let_go(text, length);
        self.count_event();
        let first = self.count;
        self.count += document.events.len();
        Ok(document.part(first))
    }

    /// Reads a part of the list within what is open around it.
    fn part(&self, part: &[u8], policy: Policy) -> Result<Document, Violation> {
        let mut document: Vec<u8> = self.open.iter().flat_map(|open| open.tag.iter().copied()).collect();
        let siblings = self.open.last().map(|open| open.children.clone()).unwrap_or_default();
        let before = Before { at: document.len(), position: self.position, depth: self.open.len(), siblings };
        document.extend_from_slice(part);
        self.close(&mut document);
        parse_part(&document, policy, Some(before))
    }

    /// Adds the end tags of what is open.
    fn close(&self, document: &mut Vec<u8>) {
        for open in self.open.iter().rev() {
            document.extend_from_slice(b"</");
            document.extend_from_slice(&open.name);
            document.push(b'>');
        }
    }

    /// Checks what stands after the events, together with what stands before them.
    fn tail(&self, text: &Text, policy: Policy) -> Result<(), Violation> {
        let mut document = self.head.clone().unwrap_or_default();
        let inner = self.open.iter().skip(self.list_depth);
        document.extend(inner.flat_map(|open| open.tag.iter().copied()));
        let before = Before { at: document.len(), position: self.position, depth: usize::MAX, siblings: Vec::new() };
        document.extend_from_slice(text.rest());
        parse_part(&document, policy, Some(before)).map(drop)
    }

    /// Lets go of the first `count` bytes of the text, and answers them.
    fn let_go(&mut self, text: &mut Text, count: usize) -> Vec<u8> {
        let taken = text.take(count);
        for character in String::from_utf8_lossy(&taken).chars() {
            if character == '\n' {
                self.position = Position { line: self.position.line.saturating_add(1), column: 1 };
            } else {
                self.position.column = self.position.column.saturating_add(1);
            }
        }
        taken
    }
}
