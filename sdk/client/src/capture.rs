//! Capturing EPCIS documents: checked here, signed here, recorded by the provenance contract.
//!
//! A document is parsed, validated and made canonical before anything is signed, so most faults cost
//! nothing and name their place in the file. The contract checks again, with the same code, what
//! the document alone cannot tell. In mode *rollback* a document is one transaction, all or nothing;
//! in mode *proceed* its events stand for themselves, many to a transaction, in the document's
//! order. Capturing a document again does no harm: its events are duplicates.
//!
//! [`capture`] takes a document whole. [`capture_stream`] reads one of any length event by event, in mode proceed, and
//! holds no more of it than the events of a transaction. An error on the way is a [`Stopped`] with the receipts so far.
//! [`correct`] declares a captured event to be in error and captures what puts it right.
//!
//! One transaction is under way at a time. Transactions of one account have no order among themselves, so two of one
//! document could be recorded the wrong way round: a case packed before it was commissioned. A transaction of hundreds of
//! events leaves little to be won by a second beside it: two halves of a document with 21,000 events, captured at once
//! by two accounts, took a tenth less time than the whole by one.

mod answer;
mod correct;
mod line;
mod plan;
mod receipt;
mod send;
mod stopped;
#[cfg(test)]
mod tests;

pub use correct::{Correction, NotCorrected, correct};
pub use countersign_api::check::check;
pub use countersign_epcis::answer::Mode;
pub use receipt::{DocumentReceipt, EventReceipt, Recorded, Status, Verdict};
pub use send::call_payload;
pub use stopped::Stopped;

use crate::limits::{CAPTURE_BYTES_MAX, CAPTURE_EVENTS_MAX, READ_BYTES, ROLLBACK_EVENTS_MAX};
use crate::{Error, Signer};
use countersign_api::check::fault;
use countersign_api::limits::WARNINGS_MAX;
use countersign_epcis::document::stream::{Step, Stream};
use countersign_epcis::document::{Document, parse};
use countersign_epcis::rule::Policy;
use countersign_types::Address;
use line::Line;
use plan::{Batch, Pace, Ready};
use send::{refused, send};
use std::io::Read;
use std::sync::Arc;

/// The contract's method.
const METHOD: &str = "capture";

/// Captures a document, and says of each event what became of it. The error is of the way there; a
/// refused event is in the receipt.
///
/// # Errors
/// [`Stopped`] by [`Error::TooLarge`] for a document that rollback cannot take whole, or as of a call; with the receipts of
/// what was recorded before.
pub async fn capture(
    signer: &Signer,
    contract: Address,
    bytes: &[u8],
    mode: Mode,
    mut progress: impl FnMut(usize),
) -> Result<DocumentReceipt, Stopped> {
    let mut events = Vec::new();
    let told = |told| {
        if let Told::Event(event) = told {
            events.push(*event);
            progress(1);
        }
    };
    let outcome = whole(signer, contract, bytes, mode, told).await;
    match outcome {
        Ok(receipt) => Ok(DocumentReceipt { events, ..receipt }),
        Err(Stopped { mut receipt, cause }) => {
            receipt.events = events;
            Err(Stopped { receipt, cause })
        }
    }
}

/// What a capture tells while it is under way.
#[derive(Debug)]
pub enum Told {
    /// What became of an event. Events come in the document's order.
    Event(Box<EventReceipt>),
    /// How many bytes of the document were read so far.
    Read(u64),
}

/// Captures a document in mode proceed while it is read, and tells of each event what became of it. The receipt that it
/// answers lists no events. A fault in the text ends it: what came before stays recorded, and the receipt's fault says where
/// the text is broken. `source` is read by the calling task.
///
/// # Errors
/// [`Stopped`] as of a call, or by [`Error::Source`].
pub async fn capture_stream(
    signer: &Signer,
    contract: Address,
    source: impl Read,
    told: impl FnMut(Told),
) -> Result<DocumentReceipt, Stopped> {
    streamed(signer, contract, source, told).await
}

async fn whole<L: Line>(
    line: &L,
    contract: Address,
    bytes: &[u8],
    mode: Mode,
    told: impl FnMut(Told),
) -> Result<DocumentReceipt, Stopped> {
    let mut capture = Capture::new(line, contract, mode, told);
    let document = match parse(bytes, Policy::default()) {
        Ok(document) => Arc::new(document),
        Err(violation) => {
            capture.said.faults.push(fault(violation));
            return capture.finish().await;
        }
    };
    if mode == Mode::Rollback {
        capture.check_whole(&document);
    }
    capture.note(document.master_data().is_some());
    for index in 0..document.events.len() {
        capture.take(&document, index).await;
    }
    capture.finish().await
}

async fn streamed<L: Line>(
    line: &L,
    contract: Address,
    mut source: impl Read,
    told: impl FnMut(Told),
) -> Result<DocumentReceipt, Stopped> {
    let mut stream = Stream::new(Policy::default());
    let mut buffer = vec![0; READ_BYTES];
    let mut read: u64 = 0;
    let mut capture = Capture::new(line, contract, Mode::Proceed, told);
    while capture.stopped.is_none() {
        match stream.step() {
            Ok(Step::Event(document)) => {
                let index = document.first();
                capture.take(&Arc::new(*document), index).await;
            }
            Ok(Step::More) => match source.read(&mut buffer) {
                Ok(0) => stream.end(),
                Ok(count) => {
                    stream.push(buffer.get(..count).unwrap_or_default());
                    read = read.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
                    (capture.told)(Told::Read(read));
                }
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                Err(cause) => capture.stopped = Some(Error::Source(cause)),
            },
            Ok(Step::End) => break,
            Err(violation) => {
                capture.said.faults.push(fault(violation));
                break;
            }
        }
    }
    capture.note(stream.has_master_data());
    capture.finish().await
}

/// A capture under way.
struct Capture<'a, L, F> {
    line: &'a L,
    contract: Address,
    mode: Mode,
    pace: Pace,
    /// What the next transaction sends.
    batch: Batch,
    /// Receipts that were not handed over yet, in the document's order; those of `batch` are among them.
    held: Vec<EventReceipt>,
    /// How many warnings may still be listed.
    room: usize,
    said: DocumentReceipt,
    /// Why nothing more is sent.
    stopped: Option<Error>,
    /// Whether an event or the document's size keeps all of it from being sent.
    withdrawn: bool,
    told: F,
}

impl<'a, L: Line, F: FnMut(Told)> Capture<'a, L, F> {
    fn new(line: &'a L, contract: Address, mode: Mode, told: F) -> Self {
        Self {
            line,
            contract,
            mode,
            pace: Pace::new(line.gas_max(), mode),
            batch: Batch::default(),
            held: Vec::new(),
            room: WARNINGS_MAX,
            said: DocumentReceipt::new(),
            stopped: None,
            withdrawn: false,
            told,
        }
    }

    /// Notes what is not recorded.
    fn note(&mut self, has_master_data: bool) {
        if has_master_data {
            let note = "the master data in the document's header is not recorded; what events say themselves is";
            self.said.notes.push(note.to_owned());
        }
    }

    /// Whether a document can be recorded by one transaction.
    fn check_whole(&mut self, document: &Document) {
        let sizes = document.accepted().map(|event| 4 + event.canonical_bytes().len());
        let (count, bytes) = sizes.fold((0, 0), |(count, bytes): (usize, usize), size| (count + 1, bytes + size));
        self.withdrawn = count < document.events.len();
        if !self.withdrawn && (bytes > CAPTURE_BYTES_MAX || count > ROLLBACK_EVENTS_MAX) {
            let what = format!(
                "rollback records a document in one transaction of at most {ROLLBACK_EVENTS_MAX} events; split it or use mode \
                 proceed. It has {count} events and"
            );
            self.stopped = Some(Error::TooLarge { what, bytes, max: CAPTURE_BYTES_MAX });
        }
    }

    /// Takes an event of a document: it goes with the next transaction, which is sent when it is full.
    async fn take(&mut self, document: &Arc<Document>, index: usize) {
        let Some(event) = document.event(index) else { return };
        if self.held.len() >= CAPTURE_EVENTS_MAX && self.mode == Mode::Proceed {
            self.send().await;
        }
        let mut receipt = EventReceipt::of(document, index, &mut self.room);
        match event {
            Err(violation) => receipt.status = Status::Rejected(fault(violation.clone())),
            Ok(_) if self.withdrawn => receipt.status = Status::Withdrawn,
            Ok(event) if self.stopped.is_none() => {
                let ready = Ready { index, bytes: event.canonical_bytes(), document: Arc::clone(document) };
                if ready.size() > CAPTURE_BYTES_MAX {
                    let reason = format!("it has {} bytes, and a transaction takes {CAPTURE_BYTES_MAX}", ready.size());
                    receipt.status = refused(&ready, "capture.size", reason, "split it into several events");
                } else {
                    if !self.pace.takes(&self.batch, ready.size()) {
                        self.send().await;
                    }
                    if self.stopped.is_none() {
                        self.batch.push(ready);
                    }
                }
            }
            Ok(_) => {}
        }
        self.held.push(receipt);
    }

    /// Sends what is there, and hands its receipts over.
    async fn send(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.events.is_empty() {
            let sent = send(self.line, self.contract, batch, self.mode, &mut self.pace).await;
            for (index, status) in sent.verdicts {
                if let Ok(at) = self.held.binary_search_by_key(&index, |receipt| receipt.index)
                    && let Some(receipt) = self.held.get_mut(at)
                {
                    receipt.status = status;
                }
            }
            self.said.transactions.extend(sent.transactions);
            self.stopped = self.stopped.take().or(sent.stopped);
        }
        for receipt in self.held.drain(..) {
            self.said.add(&receipt);
            (self.told)(Told::Event(Box::new(receipt)));
        }
    }

    async fn finish(mut self) -> Result<DocumentReceipt, Stopped> {
        self.send().await;
        let receipt = self.said.finish(self.stopped.is_some());
        match self.stopped {
            None => Ok(receipt),
            Some(cause) => Err(Stopped { receipt: Box::new(receipt), cause }),
        }
    }
}
