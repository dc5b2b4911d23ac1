//! What became of a document and of each of its events.

use countersign_api::check::warnings;
use countersign_api::limits::WARNINGS_MAX;
use countersign_api::method::epcis::Fault;
use countersign_api::method::tx::Receipt;
use countersign_epcis::document::Document;
use countersign_epcis::hash::alias;
use countersign_types::{Hash, Height};
use serde::Serialize;

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct DocumentReceipt {
    /// In one word.
    pub verdict: Verdict,
    /// Events recorded now.
    pub accepted: usize,
    /// Events that stood on the ledger before.
    pub duplicate: usize,
    /// Events refused, or withdrawn with a refused one.
    pub rejected: usize,
    /// Faults of the document outside its events; with any, nothing was sent.
    pub faults: Vec<Fault>,
    /// A receipt for each event, in the document's order.
    pub events: Vec<EventReceipt>,
    /// The transactions that recorded them.
    pub transactions: Vec<Recorded>,
}

/// What became of a document, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// All events stand on the ledger.
    Accepted,
    /// Some do.
    PartiallyAccepted,
    /// None does.
    Rejected,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventReceipt {
    /// Its place in the document.
    pub index: usize,
    /// Its eventID, if it has one.
    #[serde(rename = "eventID")]
    pub event_id: Option<String>,
    /// Its event hash of CBV 2.0, by which other systems may name it; only if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cbv_hash: Option<String>,
    /// What became of it.
    #[serde(flatten)]
    pub status: Status,
    /// Rules of the standard that it breaks and that capture lets pass: it is recorded as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Fault>,
    /// How many more warnings there are than one receipt lists.
    pub warnings_omitted: u64,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "status")]
pub enum Status {
    /// It is recorded.
    Accepted {
        /// Its position among all events of the contract.
        sequence: u64,
        /// Hash of its canonical bytes.
        hash: Hash,
        /// How many rules of the registers it breaks that capture lets pass; `trace history` lists them.
        anomalies: u32,
    },
    /// It was recorded before, with the same content.
    Duplicate {
        /// Its position among all events of the contract.
        sequence: u64,
        /// Hash of its canonical bytes.
        hash: Hash,
    },
    /// It is refused and left no trace.
    Rejected(Fault),
    /// It is in order; another event of its document is not, and the mode is rollback.
    Withdrawn,
    /// It was not sent.
    Unsent,
}

/// A transaction that captured events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Its id.
    pub transaction: Hash,
    /// Height of its block.
    pub height: Height,
    /// Gas it used.
    pub gas_used: u64,
}

impl From<&Receipt> for Recorded {
    fn from(receipt: &Receipt) -> Self {
        Self { transaction: receipt.transaction, height: receipt.height, gas_used: receipt.gas_used.0 }
    }
}

impl DocumentReceipt {
    /// Of a document that nothing has become of yet.
    pub(super) fn of(document: &Document) -> Self {
        let mut room = WARNINGS_MAX;
        let event = |index| {
            let (warnings, warnings_omitted) = warnings(document, index, &mut room);
            let event_id = document.event_id(index).map(str::to_owned);
            let event = document.events.get(index).and_then(|event| event.as_ref().ok());
            let cbv_hash = event.map(alias);
            EventReceipt { index, event_id, cbv_hash, status: Status::Unsent, warnings, warnings_omitted }
        };
        Self::new((0..document.events.len()).map(event).collect())
    }

    fn new(events: Vec<EventReceipt>) -> Self {
        Self {
            verdict: Verdict::Rejected,
            accepted: 0,
            duplicate: 0,
            rejected: 0,
            faults: Vec::new(),
            events,
            transactions: Vec::new(),
        }
    }

    /// Of a document that is wrong as a whole.
    pub(super) fn refused(fault: Fault) -> Self {
        Self { faults: vec![fault], ..Self::new(Vec::new()) }
    }

    pub(super) fn set(&mut self, index: usize, status: Status) {
        if let Some(event) = self.events.get_mut(index) {
            event.status = status;
        }
    }

    /// Counts, and finds the one word.
    pub(super) fn finish(mut self) -> Self {
        for event in &self.events {
            match event.status {
                Status::Accepted { .. } => self.accepted += 1,
                Status::Duplicate { .. } => self.duplicate += 1,
                Status::Rejected(_) | Status::Withdrawn | Status::Unsent => self.rejected += 1,
            }
        }
        let standing = self.accepted + self.duplicate;
        self.verdict = match (standing, self.rejected) {
            (_, 0) => Verdict::Accepted,
            (0, _) => Verdict::Rejected,
            _ => Verdict::PartiallyAccepted,
        };
        self
    }
}
