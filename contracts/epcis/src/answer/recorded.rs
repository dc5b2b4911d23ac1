//! Records and objects of the registers, as they are answered.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Hash, answers};
use crate::register::{Damaged, Object, Pos, Reader, Record, key};
use crate::walk::Unanswered;

answers! {
    /// An event on the ledger.
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

    /// What is known of an object without reading its events. Numbers are those of records.
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
}

impl Recorded {
    /// The record `sequence`, whole.
    ///
    /// # Errors
    ///
    /// If the event of a large record cannot be read.
    pub fn of<R: Reader>(reader: &mut R, sequence: u64, record: Record) -> Result<Self, Unanswered<R::Error>> {
        let Record { hash, submitter, height, time_ms, transaction, voided, head_only, event } = record;
        let event = if head_only {
            reader.read(&key::body(sequence)).map_err(Unanswered::Read)?.ok_or(Damaged("event"))?
        } else {
            event.canonical_bytes()
        };
        Ok(Self { sequence, hash, submitter, height, recorded_ms: time_ms, transaction, voided, event })
    }
}

impl From<Object> for ObjectState {
    fn from(object: Object) -> Self {
        let number = |pos: Option<Pos>| pos.map(|pos| pos.sequence);
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
