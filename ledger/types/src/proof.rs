//! Proof files: what the ledger says, checkable without trusting whoever handed it over.
//!
//! The chain of reasons: a root that the reader trusts (the genesis, or a [`Checkpoint`]) names the
//! validators of an epoch; each epoch's quorum names the next one's; a quorum of the last one signed an
//! execution result ([`Anchor`]); the result names the results before it ([`Earlier`]), its block and
//! its roots of state, receipts and events; a path leads from there to what is shown ([`Subject`]).
//!
//! Every part is bound by a hash that the part above it names, has one form, and is needed: what is
//! changed, left out or added is refused, or says the same. The subject's names (which log, which item,
//! as of when) are the question; they cannot be changed into another *answer*, only into another
//! question that the file happens to answer truly. `PROOF.md` in the ledger crate says what each field means.

mod anchor;
mod error;
mod event;
mod log;
mod path;
mod root;
mod state;
mod transaction;

pub use anchor::{Anchor, Earlier, Point};
pub use error::BadProof;
pub use event::EventProof;
pub use log::{BadLog, Log, Page, ProvenLog};
pub use path::{BadPath, ListPath, Sibling};
pub use root::{BadCheckpoint, CHECKPOINT_VERSION, Checkpoint, CheckpointKind, Root, Trusted};
pub use state::{Entry, ProvenState};
pub use transaction::{ProvenTransaction, TransactionProof};

use crate::codec;
use crate::contract::Address;
use crate::epoch::{EpochEnd, KnownEpoch};
use crate::hash::Hash;
use crate::number::Height;
use crate::receipt::EventRecord;
use crate::state::Witness;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use serde::{Deserialize, Serialize};

/// Version of the file's layout.
pub const VERSION: u32 = 2;

/// What a proof file is about, with what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Subject {
    /// State entries, present or absent.
    State {
        /// The entries.
        entries: Vec<Entry>,
        /// Shows them under the state root.
        witness: Witness,
    },
    /// A transaction with its receipt.
    Transaction(TransactionProof),
    /// An event.
    Event(EventProof),
    /// Records of a contract's log.
    #[serde(rename_all = "camelCase")]
    Log {
        /// The records and where they stand.
        log: Log,
        /// The height as of which is asked, where newer state is shown: later records do not count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        as_of: Option<Height>,
        /// Shows the log's range under the state root.
        witness: Witness,
    },
    /// An item's trace, walked over the entries and logs of a provenance contract.
    #[serde(rename_all = "camelCase")]
    Trace {
        /// The contract.
        contract: Address,
        /// The question's word: `history`, `back`, `forward`, …
        query: String,
        /// The item as it was asked for.
        item: String,
        /// The height as of which is asked, where newer state is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        as_of: Option<TraceAsOf>,
        /// The part of a history that is asked for, if not the whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<HistoryPart>,
        /// What is asked beside the item, by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        arguments: BTreeMap<String, String>,
        /// State entries.
        entries: Vec<Entry>,
        /// Logs.
        logs: Vec<Log>,
        /// Shows entries and logs under the state root.
        witness: Witness,
    },
}

/// A part of a history: so many events after a place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HistoryPart {
    /// The last event of the part before; none for the first part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<HistoryPlace>,
    /// Most events.
    pub limit: NonZeroU32,
}

/// An event's place in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HistoryPlace {
    /// When it happened, milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// Number of its record.
    pub sequence: u64,
}

/// A height in the past of the state that a trace is walked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TraceAsOf {
    /// The height.
    pub height: Height,
    /// Number of the contract's records at that height. The verifier checks it against the records around it.
    pub position: u64,
}

/// A proof, doubtful until [`Proof::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Proof {
    /// [`VERSION`].
    pub version: u32,
    /// The chain's id.
    pub chain: Hash,
    /// How the validators of the anchor's epoch follow from those of the trusted root: the ends of the epochs
    /// between, in order. None if the anchor is of the root's epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epochs: Vec<EpochEnd>,
    /// The certified point.
    pub anchor: Anchor,
    /// The block that the subject is shown under, if it is not the anchor's but one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
    /// What is shown.
    pub subject: Subject,
}

/// What a checked proof shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Proven {
    /// Name of the network, as the trusted root has it.
    pub network: String,
    /// The chain's id, that of the trusted root.
    pub chain: Hash,
    /// What it rests on.
    pub root: Root,
    /// Number of changes of validators between the root and the certificate.
    pub changes: usize,
    /// The epoch whose quorum signed.
    pub epoch: KnownEpoch,
    /// Number of signatures under the result.
    pub signatures: usize,
    /// The block whose result they signed.
    pub certified: Point,
    /// The block under which the subject is shown: that one, or one before it.
    pub shown_at: Point,
    /// What is shown.
    pub shown: Shown,
}

/// What a checked proof shows, by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// State entries, present or absent.
    State(ProvenState),
    /// A transaction with its receipt.
    Transaction(Box<ProvenTransaction>),
    /// An event.
    Event(EventRecord),
    /// Records of a contract's log.
    Log {
        /// The contract.
        contract: Address,
        /// The log's key.
        key: Vec<u8>,
        /// The height as of which is asked, if not that of the block.
        as_of: Option<Height>,
        /// The records.
        log: ProvenLog,
    },
    /// What an item's trace has to be walked over.
    Trace {
        /// The contract.
        contract: Address,
        /// The question's word.
        query: String,
        /// The item as it was asked for.
        item: String,
        /// The height as of which is asked, if not that of the block.
        as_of: Option<TraceAsOf>,
        /// The part of a history that is asked for, if not the whole.
        page: Option<HistoryPart>,
        /// What is asked beside the item, by name.
        arguments: BTreeMap<String, String>,
        /// What may be read.
        state: ProvenState,
    },
}

impl Proof {
    /// Checks the proof against a root that the reader trusts.
    ///
    /// # Errors
    /// [`BadProof`] says which link fails.
    pub fn verify(&self, trusted: &Trusted) -> Result<Proven, BadProof> {
        if self.version != VERSION {
            return Err(BadProof::Version(self.version));
        }
        let chain = trusted.chain();
        if self.chain != chain {
            return Err(BadProof::Chain { given: self.chain, expected: chain });
        }
        let (epoch, changes) = trusted.lead(&self.epochs, self.anchor.certificate.epoch)?;
        self.anchor.verify(&chain, &epoch)?;
        let certified = self.anchor.point();
        trusted.check_pinned(certified.height, &certified.result)?;
        let (header, result, shown_at) = match &self.earlier {
            None => (&self.anchor.header, &self.anchor.result, certified),
            Some(earlier) => {
                earlier.verify(&chain, &self.anchor.result)?;
                let point = earlier.point();
                trusted.check_pinned(point.height, &point.result)?;
                (&earlier.header, &earlier.result, point)
            }
        };
        let shown = self.subject.verify(header, result)?;
        Ok(Proven {
            network: trusted.network().into(),
            chain,
            root: trusted.root(),
            changes,
            epoch,
            signatures: self.anchor.certificate.signatures.len(),
            certified,
            shown_at,
            shown,
        })
    }

    /// Bytes of the values, records and transactions in it: what makes a file large.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        let of_entry = |entry: &Entry| entry.key.len().saturating_add(entry.value.as_ref().map_or(0, Vec::len));
        let of_log = |log: &Log| log.records.iter().map(|record| record.entry.len()).fold(0, usize::saturating_add);
        let entries = |entries: &[Entry]| entries.iter().map(of_entry).fold(0, usize::saturating_add);
        match &self.subject {
            Subject::State { entries: all, .. } => entries(all),
            Subject::Transaction(proof) => proof.transaction.len().saturating_add(codec::encoded_len(&proof.receipt)),
            Subject::Event(proof) => proof.record.event.data.len(),
            Subject::Log { log, .. } => of_log(log),
            Subject::Trace { entries: all, logs, .. } => {
                logs.iter().map(of_log).fold(entries(all), usize::saturating_add)
            }
        }
    }

    /// The block that the subject is shown under, unchecked.
    #[must_use]
    pub fn shown_at(&self) -> &crate::Header {
        self.earlier.as_ref().map_or(&self.anchor.header, |earlier| &earlier.header)
    }
}

impl Subject {
    fn verify(&self, header: &crate::Header, result: &crate::ExecutionResult) -> Result<Shown, BadProof> {
        let state =
            |entries: &[_], logs: &[_], witness| ProvenState::verify(entries, logs, witness, &result.state_root);
        let past = |asked: Option<Height>| match asked {
            Some(asked) if asked >= header.height => Err(BadProof::AsOf { asked, shown: header.height }),
            _ => Ok(()),
        };
        Ok(match self {
            Self::State { entries, witness } => Shown::State(state(entries, &[], witness)?),
            Self::Transaction(proof) => Shown::Transaction(Box::new(proof.verify(header, result)?)),
            Self::Event(proof) => Shown::Event(proof.verify(header, result)?),
            Self::Log { log, as_of, witness } => {
                past(*as_of)?;
                let witnessed = witness.verify(&result.state_root)?;
                let shown = log.verify(&witnessed).map_err(|cause| BadProof::Log { index: 0, cause })?;
                Shown::Log { contract: log.contract, key: log.key.clone(), as_of: *as_of, log: shown }
            }
            Self::Trace { contract, query, item, as_of, page, arguments, entries, logs, witness } => {
                past(as_of.map(|as_of| as_of.height))?;
                Shown::Trace {
                    contract: *contract,
                    query: query.clone(),
                    item: item.clone(),
                    as_of: *as_of,
                    page: *page,
                    arguments: arguments.clone(),
                    state: state(entries, logs, witness)?,
                }
            }
        })
    }

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
}

impl Proven {
    /// What is shown of the state: nothing for kinds that are not about it.
    #[must_use]
    pub fn state(&self) -> Option<&ProvenState> {
        match &self.shown {
            Shown::State(state) | Shown::Trace { state, .. } => Some(state),
            Shown::Transaction(_) | Shown::Event(_) | Shown::Log { .. } => None,
        }
    }
}
