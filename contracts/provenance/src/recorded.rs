//! Registers as the contract's interface describes them.

use alloc::string::String;
use alloc::vec::Vec;

use countersign_contract::{ContractType, Hash, storage};
use countersign_epcis::register::{Object, Record, key};

use crate::Error;

/// An event on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Recorded {
    /// Number of its record.
    pub sequence: u64,
    /// SHA-256 of its canonical bytes.
    pub hash: Hash,
    /// The account that submitted it.
    pub submitter: String,
    /// Height of the block that captured it.
    pub height: u64,
    /// Time of that block, milliseconds since 1970 UTC.
    pub recorded_ms: u64,
    /// The transaction that captured it.
    pub transaction: Hash,
    /// Number of the error declaration that voids it.
    pub voided: Option<u64>,
    /// The event: the borsh encoding of the typed event.
    pub event: Vec<u8>,
}

impl Recorded {
    /// The record `sequence`, whole.
    pub(crate) fn of(sequence: u64, record: Record) -> Result<Self, Error> {
        let Record { hash, submitter, height, time_ms, transaction, voided, head_only, event } = record;
        let event = if head_only {
            storage::read(&key::body(sequence)).ok_or_else(|| Error::Damaged { what: "event".into() })?
        } else {
            event.canonical_bytes()
        };
        Ok(Self { sequence, hash, submitter, height, recorded_ms: time_ms, transaction, voided, event })
    }
}

/// What is known of an object without reading its events. Numbers are those of records.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct ObjectState {
    /// What commissioned it.
    pub commissioned: Option<u64>,
    /// What decommissioned it.
    pub decommissioned: Option<u64>,
    /// The container it was last put into and not taken out of by name.
    pub container: Option<String>,
    /// What last named it and said where it is afterwards.
    pub located: Option<u64>,
    /// What last named it and gave its disposition.
    pub disposed: Option<u64>,
    /// Persistent dispositions that hold.
    pub persistent: Vec<String>,
    /// The lots it was said to belong to.
    pub lots: Vec<String>,
}

impl From<Object> for ObjectState {
    fn from(object: Object) -> Self {
        let number = |pos: Option<countersign_epcis::register::Pos>| pos.map(|pos| pos.sequence);
        let holding = object.persistent.into_iter().filter(|persistent| persistent.holds);
        let mut lots: Vec<String> = object.lots.into_iter().map(|(lot, _)| lot).collect();
        lots.dedup();
        Self {
            commissioned: number(object.commissioned),
            decommissioned: number(object.decommissioned),
            container: object.container.map(|stay| stay.parent),
            located: number(object.located),
            disposed: number(object.disposed),
            persistent: holding.map(|persistent| persistent.word).collect(),
            lots,
        }
    }
}
