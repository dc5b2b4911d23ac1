//! Verifying a proof file offline.
//!
//! The reader brings the genesis; the file brings the rest. First the chain of reasons is checked
//! ([`countersign_types::proof`]): genesis, quorum, result, state root, entries and whole logs.
//! Then, for a trace, the answer is found again by the same walk that the contract runs, over the
//! proven entries alone: what the walk needs and the file does not prove is an error, so an answer
//! that comes out is complete.

mod entries;

use crate::trace::{of_history, of_lineage};
use countersign_api::method::proof::Query;
use countersign_api::method::trace::Trace;
use countersign_epcis::walk::{self, Limits, Unanswered};
use countersign_epcis::{Error as IdentifierError, Identifier};
use countersign_types::genesis::BadGenesis;
use countersign_types::limits::{GENESIS_BYTES_MAX, PROOF_BYTES_MAX};
use countersign_types::proof::{BadProof, Entry, Proof, Proven, Subject};
use countersign_types::{Address, Genesis, Hash, Height, TimestampMs};
use entries::{Entries, NotProven};
use serde::Serialize;

/// Something that a proof shows. Only [`verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct Verified<T> {
    data: T,
    chain: Hash,
    height: Height,
    block: Hash,
    time: TimestampMs,
}

impl<T> Verified<T> {
    /// What is shown.
    pub fn data(&self) -> &T {
        &self.data
    }
    /// The chain's id: that of the genesis the reader gave.
    pub fn chain(&self) -> Hash {
        self.chain
    }
    /// Height of the certified block at which it held.
    pub fn height(&self) -> Height {
        self.height
    }
    /// Hash of that block.
    pub fn block(&self) -> Hash {
        self.block
    }
    /// Time of that block. What was recorded later is not in the answer.
    pub fn time(&self) -> TimestampMs {
        self.time
    }
}

/// What a proof file turned out to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Finding {
    /// State entries, present or absent.
    State {
        /// The entries.
        entries: Vec<Entry>,
    },
    /// An item's trace.
    Trace {
        /// The provenance contract.
        contract: Address,
        /// The question.
        query: Query,
        /// The item as it was asked for.
        item: String,
        /// The answer, found again.
        answer: Box<Trace>,
    },
}

/// Why a proof file is refused.
#[derive(Debug, thiserror::Error)]
pub enum BadFile {
    /// The genesis is not one.
    #[error("the genesis cannot be read: {0}")]
    GenesisText(String),
    /// The genesis is not in order.
    #[error("the genesis is refused: {0}")]
    Genesis(#[from] BadGenesis),
    /// The file is too large.
    #[error("the file has {bytes} bytes, at most {max} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// The file is no proof.
    #[error("the file is not a proof: {0}")]
    Text(String),
    /// A link of the chain of reasons fails.
    #[error("the proof does not hold: {0}")]
    Proof(#[from] BadProof),
    /// The question is not one that this program knows.
    #[error("the file answers the question `{0}`; this program knows history, back and forward")]
    Query(String),
    /// The item is not an identifier.
    #[error("the item `{item}` is not an identifier: {cause}")]
    Item {
        /// The item.
        item: String,
        /// What is wrong.
        cause: IdentifierError,
    },
    /// The proven entries do not carry the answer.
    #[error("the proof does not carry the answer: {0}")]
    Incomplete(Unanswered<NotProven>),
}

/// Reads and checks a genesis file.
///
/// # Errors
/// [`BadFile::TooLarge`], [`BadFile::GenesisText`] or [`BadFile::Genesis`].
pub fn genesis(bytes: &[u8]) -> Result<Genesis, BadFile> {
    bounded(bytes, GENESIS_BYTES_MAX)?;
    let genesis: Genesis = serde_json::from_slice(bytes).map_err(|error| BadFile::GenesisText(error.to_string()))?;
    genesis.check()?;
    Ok(genesis)
}

/// Reads a proof file; what it says is not checked.
///
/// # Errors
/// [`BadFile::TooLarge`] or [`BadFile::Text`].
pub fn read(bytes: &[u8]) -> Result<Proof, BadFile> {
    bounded(bytes, PROOF_BYTES_MAX)?;
    serde_json::from_slice(bytes).map_err(|error| BadFile::Text(error.to_string()))
}

/// Verifies a proof against a genesis that the reader trusts, and finds its answer.
///
/// # Errors
/// [`BadFile`] says which link fails.
pub fn verify(proof: &Proof, genesis: &Genesis) -> Result<Verified<Finding>, BadFile> {
    let proven = proof.verify(genesis)?;
    let (chain, height, block, time) = (proof.chain, proven.height, proven.block, proven.time);
    let data = match &proof.subject {
        Subject::State => Finding::State { entries: proof.entries.clone() },
        Subject::Trace { contract, query, item } => {
            let query = Query::of(query).ok_or_else(|| BadFile::Query(query.clone()))?;
            let answer = Box::new(trace(&proven, *contract, query, item)?);
            Finding::Trace { contract: *contract, query, item: item.clone(), answer }
        }
    };
    Ok(Verified { data, chain, height, block, time })
}

fn trace(proven: &Proven, contract: Address, query: Query, item: &str) -> Result<Trace, BadFile> {
    let id = Identifier::parse(item).map_err(|cause| BadFile::Item { item: item.to_owned(), cause })?;
    let mut entries = Entries { proven, contract };
    let answer = match query {
        Query::History => walk::history(&mut entries, &id, None, Limits::default()).map(of_history),
        Query::Back => walk::back(&mut entries, &id, None, Limits::default()).map(of_lineage),
        Query::Forward => walk::forward(&mut entries, &id, None, Limits::default()).map(of_lineage),
    };
    answer.map_err(BadFile::Incomplete)
}

fn bounded(bytes: &[u8], max: usize) -> Result<(), BadFile> {
    if bytes.len() > max { Err(BadFile::TooLarge { bytes: bytes.len(), max }) } else { Ok(()) }
}
