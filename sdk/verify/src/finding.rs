//! What a file turned out to show.

use countersign_epcis::question::{Answer, Question};
use countersign_types::proof::{Entry, ProvenLog, ProvenTransaction, TraceAsOf};
use countersign_types::receipt::EventRecord;
use countersign_types::{Address, Height};

/// What a proof file turned out to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// State entries, present or absent.
    State {
        /// The entries, in order of their keys.
        entries: Vec<Entry>,
    },
    /// A transaction in its block, and what became of it.
    Transaction(Box<ProvenTransaction>),
    /// An event that a contract announced.
    Event(Box<EventRecord>),
    /// Records of a contract's log.
    Log {
        /// The contract.
        contract: Address,
        /// The log's key.
        key: Vec<u8>,
        /// The height as of which is asked, if not that of the block.
        as_of: Option<Height>,
        /// The records, later ones than asked for among them: [`ProvenLog::as_of`] leaves those out.
        log: ProvenLog,
    },
    /// An item's trace.
    Trace {
        /// The provenance contract.
        contract: Address,
        /// The question.
        question: Question,
        /// The height as of which is asked, if not that of the block.
        as_of: Option<TraceAsOf>,
        /// The answer, found again.
        answer: Box<Answer>,
    },
}

impl Finding {
    /// The kind's word, as it stands in the file.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::State { .. } => "state",
            Self::Transaction(_) => "transaction",
            Self::Event(_) => "event",
            Self::Log { .. } => "log",
            Self::Trace { .. } => "trace",
        }
    }

    /// The height in the past that it is about, where it is shown by newer state.
    #[must_use]
    pub fn past(&self) -> Option<Height> {
        match self {
            Self::Log { as_of, .. } => *as_of,
            Self::Trace { as_of, .. } => as_of.map(|as_of| as_of.height),
            Self::State { .. } | Self::Transaction(_) | Self::Event(_) => None,
        }
    }

    /// Whether it can never change again: what happened in a block, unlike what stood in the state after it.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Transaction(_) | Self::Event(_))
    }
}
