//! List: what was handed over to an organisation, or by it, in the order of capture.

use alloc::vec::Vec;

use super::Handover;
use crate::register::{Damaged, Entry, Reader, Record, Stored, audit, key};
use crate::walk::Unanswered;

/// A part of an organisation's hand-overs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Numbers of the records, the records, and what they hand over.
    pub handovers: Vec<(u64, Record, Handover)>,
    /// Where the next part begins; none if this is the last.
    pub next: Option<u64>,
}

/// What the record `sequence` hands over.
///
/// # Errors
///
/// If the register cannot be read.
pub fn handover<R: Reader>(reader: &mut R, sequence: u64) -> Result<Option<Handover>, Unanswered<R::Error>> {
    let bytes = reader.read(&key::handover(sequence)).map_err(Unanswered::Read)?;
    bytes.map(|bytes| Handover::from_bytes(&bytes).map_err(Unanswered::from)).transpose()
}

/// The hand-overs that `organisation` received, or gave, from number `from` on, looking at `limit` of them and leaving out
/// those of records from `position` on.
///
/// # Errors
///
/// If a register cannot be read.
pub fn handovers<R: Reader>(
    reader: &mut R,
    organisation: &str,
    given: bool,
    from: u64,
    limit: u64,
    position: Option<u64>,
) -> Result<Listing, Unanswered<R::Error>> {
    let key = if given { key::given(organisation) } else { key::received(organisation) };
    let length = reader.log_len(&key).map_err(Unanswered::Read)?;
    let end = length.min(from.saturating_add(limit));
    let mut listing = Listing { handovers: Vec::new(), next: (end < length).then_some(end) };
    for index in from..end {
        let line = reader.log_entry(&key, index).map_err(Unanswered::Read)?;
        let sequence = Entry::from_bytes(&line.ok_or(Damaged(Entry::NAME))?.entry)?.pos.sequence;
        // Sequence numbers only rise along a log.
        if position.is_some_and(|position| sequence >= position) {
            listing.next = None;
            break;
        }
        let record = audit::record(reader, sequence)?.ok_or(Damaged(Record::NAME))?;
        let handover = handover(reader, sequence)?.ok_or(Damaged(Handover::NAME))?;
        listing.handovers.push((sequence, record, handover));
    }
    Ok(listing)
}
