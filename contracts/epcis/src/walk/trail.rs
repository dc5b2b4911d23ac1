//! Audit trail: all records of one event, as of a position.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Step, Walk};
use crate::answer::{AuditTrail, Digest, Moment, TrailRecord};
use crate::register::{Known, Reader, Record, Stored, audit, key};
use crate::term::Term;

/// The answer for the event `name`: its eventID, or the hash of one without.
pub(super) fn trail<R: Reader>(walk: &mut Walk<'_, R>, name: &str) -> Step<AuditTrail, R> {
    let mut trail = AuditTrail {
        event_id: name.to_owned(),
        position: walk.position,
        records: Vec::new(),
        voided: false,
        corrected_by: Vec::new(),
    };
    let Some(known) = known(walk, name)? else { return Ok(trail) };
    let all = known.original.iter().chain(&known.declarations).map(|(sequence, _)| *sequence);
    let mut sequences: Vec<u64> = all.filter(|sequence| *sequence < walk.position).collect();
    sequences.sort_unstable();
    for sequence in sequences {
        let record = audit::record(walk.reader, sequence)?.ok_or(crate::register::Damaged(Record::NAME))?;
        let voided_by = record.voided.filter(|by| *by < walk.position);
        trail.voided |= voided_by.is_some();
        let corrections: Vec<String> =
            record.event.error.iter().flat_map(|error| error.corrective_event_ids.iter().cloned()).collect();
        for id in corrections {
            if !trail.corrected_by.contains(&id) {
                trail.corrected_by.push(id);
            }
        }
        trail.records.push(told(sequence, record, voided_by));
    }
    Ok(trail)
}

fn known<R: Reader>(walk: &mut Walk<'_, R>, name: &str) -> Step<Option<Known>, R> {
    let mut keys = Vec::from([key::event_id(name, |bytes| walk.reader.digest(bytes))]);
    keys.extend(name.parse().ok().map(|Digest(hash)| key::unnamed(&hash)));
    for key in keys {
        if let Some(bytes) = walk.reader.read(&key).map_err(super::Unanswered::Read)? {
            return Ok(Some(Known::from_bytes(&bytes)?));
        }
    }
    Ok(None)
}

fn told(sequence: u64, record: Record, voided_by: Option<u64>) -> TrailRecord {
    let error = record.event.error.as_ref();
    TrailRecord {
        sequence,
        hash: Digest(record.hash),
        kind: record.event.what.type_name().to_owned(),
        event_time: Moment(record.event.time.ms()),
        declared: error.map(|error| Moment(error.time.ms())),
        reason: error.and_then(|error| error.reason.as_ref()).map(|reason| Term::word(reason).to_owned()),
        submitter: record.submitter,
        height: record.height,
        record_time: Moment(i64::try_from(record.time_ms).unwrap_or(i64::MAX)),
        transaction: Digest(record.transaction),
        voided_by,
    }
}
