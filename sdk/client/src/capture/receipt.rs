//! What became of a document and of each of its events.

use countersign_api::check::warnings;
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
    /// Events that nothing became of yet, as far as is known: capture ended before it had their receipts.
    pub undecided: usize,
    /// Faults of the document outside its events. What was recorded before such a fault was found stays recorded.
    pub faults: Vec<Fault>,
    /// What of the document is not recorded, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// A receipt for each event, in the document's order. Empty if they were handed over one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
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
    /// Of some it is not known: capture ended early.
    Interrupted,
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
    /// It was sent, and there is no final receipt: it may be recorded or not.
    #[serde(rename_all = "camelCase")]
    Undecided {
        /// The transaction that it was sent in; `tx_get` tells of it later.
        transaction: Hash,
    },
    /// It was not recorded: capture ended before it.
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

impl EventReceipt {
    /// Of an event that nothing has become of yet. `room` is how many warnings may still be listed.
    pub(super) fn of(document: &Document, index: usize, room: &mut usize) -> Self {
        let (warnings, warnings_omitted) = warnings(document, index, room);
        let event_id = document.event_id(index).map(str::to_owned);
        let cbv_hash = document.event(index).and_then(|event| event.as_ref().ok()).map(alias);
        Self { index, event_id, cbv_hash, status: Status::Unsent, warnings, warnings_omitted }
    }
}

impl DocumentReceipt {
    /// Of a document that nothing has become of yet.
    pub(super) fn new() -> Self {
        Self {
            verdict: Verdict::Rejected,
            accepted: 0,
            duplicate: 0,
            rejected: 0,
            undecided: 0,
            faults: Vec::new(),
            notes: Vec::new(),
            events: Vec::new(),
            transactions: Vec::new(),
        }
    }

    /// How many events were found in the document.
    #[must_use]
    pub fn count(&self) -> usize {
        self.accepted + self.duplicate + self.rejected + self.undecided
    }

    /// Whether everything that the document says stands on the ledger.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Accepted
    }

    /// Counts an event's verdict.
    pub(super) fn add(&mut self, event: &EventReceipt) {
        match event.status {
            Status::Accepted { .. } => self.accepted += 1,
            Status::Duplicate { .. } => self.duplicate += 1,
            Status::Rejected(_) | Status::Withdrawn => self.rejected += 1,
            Status::Undecided { .. } | Status::Unsent => self.undecided += 1,
        }
    }

    /// Finds the one word.
    pub(super) fn finish(mut self, is_interrupted: bool) -> Self {
        let standing = self.accepted + self.duplicate;
        let is_faulty = self.rejected > 0 || !self.faults.is_empty();
        self.verdict = match (standing, is_faulty) {
            _ if is_interrupted || self.undecided > 0 => Verdict::Interrupted,
            (_, false) => Verdict::Accepted,
            (0, true) => Verdict::Rejected,
            _ => Verdict::PartiallyAccepted,
        };
        self
    }
}
