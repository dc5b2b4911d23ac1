//! Stream: a document of any length, read event by event. Text goes in as it comes, events come out, and no more of the text is
//! held than its beginning, the event that is being read, and its end.
//!
//! What comes out is what [`parse`] says of the document, with three differences. A fault of the text, or of what stands after
//! the events, is found when it is reached: events before it have come out already. The positions that faults name are those in
//! the whole text, but of XML elements with the same name the first is not numbered. And there is no whole to be judged by its
//! size: [`DOCUMENT_BYTES_MAX`] bounds what stands around the events, and [`STREAM_EVENT_BYTES_MAX`] the text of one.
//!
//! Events cannot be read before what they rest on. A document whose `@context`, `type`, `schemaVersion` or `creationDate`
//! does not stand before its events, and one without a list of events, is read whole, with the bounds of [`parse`].

mod json;
#[cfg(feature = "xml")]
mod xml;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;

use super::{Document, parse};
use crate::limits::{DOCUMENT_BYTES_MAX, STREAM_EVENT_BYTES_MAX};
use crate::rule::{Policy, Rule, Violation, fault};

/// A document that is being read.
#[derive(Debug)]
pub struct Stream {
    policy: Policy,
    text: Text,
    state: State,
    /// Whether a header that was read has master data.
    master_data: bool,
}

/// How reading goes on.
#[derive(Debug)]
pub enum Step {
    /// An event, as a part of its document.
    Event(Box<Document>),
    /// More of the text is needed: [`Stream::push`] it, or say that there is no more by [`Stream::end`].
    More,
    /// The document is at its end, and in order.
    End,
}

#[derive(Debug)]
enum State {
    /// Nothing is known of it yet.
    Begun,
    Json(json::Reading),
    #[cfg(feature = "xml")]
    Xml(xml::Reading),
    /// It can only be read whole.
    Whole,
    /// It was read whole.
    Parsed(VecDeque<Document>),
}

/// What a reading of text comes to.
enum Found {
    Event(Box<Document>),
    More,
    End,
    /// The text has to be read whole, and all of it is still there.
    Whole,
}

/// The text that is there: a window onto the whole.
#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    /// The first byte of the window that is still needed.
    from: usize,
    /// Bytes and line ends of the whole before it.
    before: (usize, usize),
    /// Whether no more comes.
    ended: bool,
}

impl Text {
    /// What is needed still.
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }

    /// Lets go of the first `count` bytes, and answers them.
    fn take(&mut self, count: usize) -> Vec<u8> {
        let taken = self.rest().get(..count).unwrap_or_default().to_vec();
        let lines = taken.iter().filter(|byte| **byte == b'\n').count();
        self.from += taken.len();
        self.before = (self.before.0 + taken.len(), self.before.1 + lines);
        taken
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.from);
        self.from = 0;
        self.bytes.extend_from_slice(bytes);
    }
}

impl Stream {
    /// A document of which nothing was read, whose events are to be checked under `policy`.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, text: Text::default(), state: State::Begun, master_data: false }
    }

    /// Whether the document's header, as far as it was read, has master data; it is no part of what comes out.
    #[must_use]
    pub fn has_master_data(&self) -> bool {
        self.master_data
    }

    /// More of the text.
    pub fn push(&mut self, bytes: &[u8]) {
        self.text.push(bytes);
    }

    /// There is no more of the text.
    pub fn end(&mut self) {
        self.text.ended = true;
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// What is wrong with the document as a whole, or with its text from here on. There is nothing to be read after that.
    pub fn step(&mut self) -> Result<Step, Violation> {
        loop {
            let found = match &mut self.state {
                State::Begun => match self.begin() {
                    Some(state) => {
                        self.state = state;
                        continue;
                    }
                    None => return Ok(Step::More),
                },
                State::Json(reading) => reading.step(&mut self.text, self.policy, &mut self.master_data)?,
                #[cfg(feature = "xml")]
                State::Xml(reading) => reading.step(&mut self.text, self.policy, &mut self.master_data)?,
                State::Whole if self.text.ended => {
                    let document = parse(self.text.rest(), self.policy)?;
                    self.text = Text { ended: true, ..Text::default() };
                    self.master_data = document.master_data().is_some();
                    self.state = State::Parsed(document.parts().into());
                    continue;
                }
                State::Whole => bounded(self.text.rest(), DOCUMENT_BYTES_MAX).map(|()| Found::More)?,
                State::Parsed(parts) => parts.pop_front().map_or(Found::End, |part| Found::Event(Box::new(part))),
            };
            match found {
                Found::Event(part) => return Ok(Step::Event(part)),
                Found::More => return Ok(Step::More),
                Found::End => return Ok(Step::End),
                Found::Whole => self.state = State::Whole,
            }
        }
    }

    /// What it is, once that can be told.
    fn begin(&mut self) -> Option<State> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        let rest = self.text.rest();
        if rest.len() < MARK.len() && MARK.starts_with(rest) && !self.text.ended {
            return None;
        }
        if rest.starts_with(MARK) {
            // No fault counts it.
            self.text.from += MARK.len();
        }
        match self.text.rest().iter().find(|byte| !byte.is_ascii_whitespace()) {
            None if self.text.ended => Some(State::Whole),
            None => None,
            #[cfg(feature = "xml")]
            Some(b'<') => Some(State::Xml(xml::Reading::default())),
            Some(_) => Some(State::Json(json::Reading::default())),
        }
    }
}

fn bounded(text: &[u8], max: usize) -> Result<(), Violation> {
    match text.len() > max {
        true => Err(fault(Rule::DocumentSize, format!("more than {max} bytes that have to be read as one"))),
        false => Ok(()),
    }
}

/// The bound of an event's text.
fn bounded_event(text: &[u8]) -> Result<(), Violation> {
    bounded(text, STREAM_EVENT_BYTES_MAX)
}
