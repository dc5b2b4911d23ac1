//! Audit: everything recorded under one event identity, voided records included, and ledger positions.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Damaged, Entry, Known, Object, Pos, Reader, Record, Stored, key};
use crate::identifier::Identifier;
use crate::walk::Unanswered;

/// The records of one eventID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The event and its error declarations, with their sequence numbers, in the order of capture.
    pub records: Vec<(u64, Record)>,
    /// Whether the event is void.
    pub voided: bool,
    /// The events named as corrections, on the ledger or not.
    pub corrected_by: Vec<String>,
}

/// All records of `event_id`; `None` if it was never seen.
///
/// # Errors
///
/// If a register cannot be read.
pub fn audit<R: Reader>(reader: &mut R, event_id: &str) -> Result<Option<Audit>, Unanswered<R::Error>> {
    let key = key::event_id(event_id, |bytes| reader.digest(bytes));
    let Some(bytes) = reader.read(&key).map_err(Unanswered::Read)? else { return Ok(None) };
    let known = Known::from_bytes(&bytes)?;
    let mut sequences: Vec<u64> = known.original.iter().chain(&known.declarations).map(|(at, _)| *at).collect();
    sequences.sort_unstable();
    let mut found = Audit { records: Vec::new(), voided: false, corrected_by: Vec::new() };
    for sequence in sequences {
        let record = record(reader, sequence)?.ok_or(Damaged(Record::NAME))?;
        found.voided |= record.voided.is_some();
        for id in record.event.error.iter().flat_map(|error| &error.corrective_event_ids) {
            if !found.corrected_by.contains(id) {
                found.corrected_by.push(id.clone());
            }
        }
        found.records.push((sequence, record));
    }
    Ok(Some(found))
}

/// The record `sequence`, if there is one.
///
/// # Errors
///
/// If it cannot be read.
pub fn record<R: Reader>(reader: &mut R, sequence: u64) -> Result<Option<Record>, Unanswered<R::Error>> {
    let bytes = reader.read(&key::record(sequence)).map_err(Unanswered::Read)?;
    bytes.map(|bytes| Record::from_bytes(&bytes).map_err(Unanswered::from)).transpose()
}

/// The number of records.
///
/// # Errors
///
/// If it cannot be read.
pub fn count<R: Reader>(reader: &mut R) -> Result<u64, Unanswered<R::Error>> {
    match reader.read(key::COUNT).map_err(Unanswered::Read)? {
        Some(bytes) => Ok(u64::from_le_bytes(bytes.try_into().map_err(|_| Damaged("count"))?)),
        None => Ok(0),
    }
}

/// What is known of an object.
///
/// # Errors
///
/// If it cannot be read.
pub fn object<R: Reader>(reader: &mut R, canonical: &str) -> Result<Option<Object>, Unanswered<R::Error>> {
    let key = key::object(canonical, |bytes| reader.digest(bytes));
    let bytes = reader.read(&key).map_err(Unanswered::Read)?;
    bytes.map(|bytes| Object::from_bytes(&bytes).map_err(Unanswered::from)).transpose()
}

/// The events that name a business document of type `kind` (a word such as `po`, or empty), in the order
/// of capture.
///
/// # Errors
///
/// If its log cannot be read.
pub fn document<R: Reader>(reader: &mut R, kind: &str, id: &Identifier) -> Result<Vec<Pos>, Unanswered<R::Error>> {
    let key = key::document(kind, id, |bytes| reader.digest(bytes));
    let mut named = Vec::new();
    for index in 0..reader.log_len(&key).map_err(Unanswered::Read)? {
        let line = reader.log_entry(&key, index).map_err(Unanswered::Read)?;
        named.push(Entry::from_bytes(&line.ok_or(Damaged(Entry::NAME))?.entry)?.pos);
    }
    Ok(named)
}

/// The number of records that stood at the end of block `height`: the position to ask as of.
///
/// # Errors
///
/// If a record cannot be read.
pub fn position_at<R: Reader>(reader: &mut R, height: u64) -> Result<u64, Unanswered<R::Error>> {
    let (mut low, mut high) = (0, count(reader)?);
    // Heights never fall from one record to the next.
    while low < high {
        let middle = low + (high - low) / 2;
        if record(reader, middle)?.ok_or(Damaged(Record::NAME))?.height <= height {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
