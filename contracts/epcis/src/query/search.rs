//! The search: through the shortest log that a query allows, or all records.

use alloc::vec::Vec;

use super::condition::{Comparison, Condition, Instant};
use super::{Order, Query};
use crate::event::Event;
use crate::register::{Damaged, Entry, Known, Pos, Reader, Record, Stored, audit, key};
use crate::walk::Unanswered;

use borsh::BorshDeserialize as _;

/// An event that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The number of its record.
    pub sequence: u64,
    /// The record, whole.
    pub record: Record,
}

/// A part of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The events of this part, in the order that the query asks for.
    pub found: Vec<Found>,
    /// What to give for the next part; none if this is the last.
    pub next: Option<Pos>,
    /// Records that were looked at for this part.
    pub looked_at: u64,
}

type Step<T, R> = Result<T, Unanswered<<R as Reader>::Error>>;

/// The events that `query` wants among the records before `position`, after those of earlier parts, at most `events`
/// of them. It looks at no more than `reads` records; a part may therefore be empty and others follow.
///
/// Ordered by time of event, the whole answer is made for each part: `None` where more than `reads` records would have
/// to be looked at, so that the order cannot be told.
///
/// # Errors
///
/// If something cannot be read.
pub fn search<R: Reader>(
    reader: &mut R,
    query: &Query,
    position: u64,
    after: Option<Pos>,
    events: usize,
    reads: u64,
) -> Step<Option<Page>, R> {
    let source = Source::of(reader, query, position)?;
    match query.order {
        Order::RecordTime => by_record(reader, query, &source, after, events, reads).map(Some),
        Order::EventTime => by_event(reader, query, &source, after, events, reads),
    }
}

/// How many events `query` wants among the records before `position`, counted up to `most`; `None` where more than
/// `reads` records would have to be looked at.
///
/// # Errors
///
/// If something cannot be read.
pub fn count<R: Reader>(reader: &mut R, query: &Query, position: u64, most: u64, reads: u64) -> Step<Option<u64>, R> {
    let source = Source::of(reader, query, position)?;
    if source.len() > reads {
        return Ok(None);
    }
    let mut count = 0;
    for sequence in source.all() {
        if count > most {
            break;
        }
        count += u64::from(wanted(reader, query, sequence)?.is_some());
    }
    Ok(Some(count))
}

/// How many records [`search`] would look at for the whole answer.
///
/// # Errors
///
/// If something cannot be read.
pub fn span<R: Reader>(reader: &mut R, query: &Query, position: u64) -> Step<u64, R> {
    Ok(Source::of(reader, query, position)?.len())
}

/// As [`search`], among records that somebody else found: `sequences`, in the order of capture, of which none that `query`
/// wants is missing.
///
/// # Errors
///
/// If something cannot be read.
pub fn among<R: Reader>(
    reader: &mut R,
    query: &Query,
    sequences: Vec<u64>,
    after: Option<Pos>,
    events: usize,
) -> Step<Page, R> {
    let source = Source::Listed(sequences);
    match query.order {
        Order::RecordTime => by_record(reader, query, &source, after, events, u64::MAX),
        Order::EventTime => Ok(by_event(reader, query, &source, after, events, u64::MAX)?.unwrap_or_default()),
    }
}

/// Where to look, in the order of capture.
enum Source {
    /// These records.
    Listed(Vec<u64>),
    /// Records from the first to before the second.
    Range(u64, u64),
}

impl Source {
    /// The narrowest that holds all that `query` wants.
    fn of<R: Reader>(reader: &mut R, query: &Query, position: u64) -> Step<Self, R> {
        let mut range = (0, position);
        let mut shortest: Option<(u64, Vec<Vec<u8>>)> = None;
        for condition in &query.conditions {
            match condition {
                Condition::EventId(ids) => return of_ids(reader, ids, position),
                Condition::Time(Instant::Record, Comparison::NotLess, ms) => {
                    range.0 = range.0.max(recorded_before(reader, *ms, position)?);
                }
                Condition::Time(Instant::Record, Comparison::Less, ms) => {
                    range.1 = range.1.min(recorded_before(reader, *ms, position)?);
                }
                _ => {}
            }
            let Some(keys) = logs(reader, condition) else { continue };
            let mut len: u64 = 0;
            for key in &keys {
                len = len.saturating_add(reader.log_len(key).map_err(Unanswered::Read)?);
            }
            if shortest.as_ref().is_none_or(|(shortest, _)| len < *shortest) {
                shortest = Some((len, keys));
            }
        }
        let all = range.1.saturating_sub(range.0);
        match shortest {
            Some((len, keys)) if len < all => Ok(Self::Listed(listed(reader, &keys, range)?)),
            _ => Ok(Self::Range(range.0, range.1)),
        }
    }

    fn len(&self) -> u64 {
        match self {
            Self::Listed(sequences) => u64::try_from(sequences.len()).unwrap_or(u64::MAX),
            Self::Range(from, to) => to.saturating_sub(*from),
        }
    }

    /// The record at a place.
    fn at(&self, index: u64) -> Option<u64> {
        match self {
            Self::Listed(sequences) => sequences.get(usize::try_from(index).ok()?).copied(),
            Self::Range(from, to) => from.checked_add(index).filter(|sequence| sequence < to),
        }
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        (0..self.len()).filter_map(|index| self.at(index))
    }

    /// How many of the records come before `sequence`.
    fn before(&self, sequence: u64) -> u64 {
        match self {
            Self::Listed(sequences) => {
                u64::try_from(sequences.partition_point(|listed| *listed < sequence)).unwrap_or(u64::MAX)
            }
            Self::Range(from, to) => sequence.clamp(*from, (*to).max(*from)).saturating_sub(*from),
        }
    }
}

/// The logs that together hold every event a condition wants.
fn logs<R: Reader>(reader: &mut R, condition: &Condition) -> Option<Vec<Vec<u8>>> {
    match condition {
        Condition::Names(place, patterns) => {
            let ids: Option<Vec<_>> = patterns.iter().map(|pattern| pattern.exact(place.is_class())).collect();
            Some(ids?.iter().map(|id| key::naming(id.canonical(), |bytes| reader.digest(bytes))).collect())
        }
        Condition::Transformation(ids) => {
            Some(ids.iter().map(|id| key::transformation(id, |bytes| reader.digest(bytes))).collect())
        }
        Condition::Document(Some(kind), ids) => {
            Some(ids.iter().map(|id| key::document(kind, id, |bytes| reader.digest(bytes))).collect())
        }
        _ => None,
    }
}

/// The records that these logs name, within a range, in the order of capture.
fn listed<R: Reader>(reader: &mut R, keys: &[Vec<u8>], (from, to): (u64, u64)) -> Step<Vec<u64>, R> {
    let mut sequences = Vec::new();
    for key in keys {
        for index in 0..reader.log_len(key).map_err(Unanswered::Read)? {
            let line = reader.log_entry(key, index).map_err(Unanswered::Read)?;
            let sequence = Entry::from_bytes(&line.ok_or(Damaged(Entry::NAME))?.entry)?.pos.sequence;
            // Sequence numbers only rise along a log.
            if sequence >= to {
                break;
            }
            if sequence >= from {
                sequences.push(sequence);
            }
        }
    }
    sequences.sort_unstable();
    sequences.dedup();
    Ok(sequences)
}

/// The records of these eventIDs.
fn of_ids<R: Reader>(reader: &mut R, ids: &[alloc::string::String], position: u64) -> Step<Source, R> {
    let mut sequences = Vec::new();
    for id in ids {
        let key = key::event_id(id, |bytes| reader.digest(bytes));
        if let Some(bytes) = reader.read(&key).map_err(Unanswered::Read)? {
            let known = Known::from_bytes(&bytes)?;
            let all = known.original.iter().chain(&known.declarations).map(|(sequence, _)| *sequence);
            sequences.extend(all.filter(|sequence| *sequence < position));
        }
    }
    sequences.sort_unstable();
    Ok(Source::Listed(sequences))
}

/// How many of the records before `position` were recorded before an instant.
fn recorded_before<R: Reader>(reader: &mut R, ms: i64, position: u64) -> Step<u64, R> {
    let (mut low, mut high) = (0, position);
    // Block times never fall from one record to the next.
    while low < high {
        let middle = low + (high - low) / 2;
        let record = audit::record(reader, middle)?.ok_or(Damaged(Record::NAME))?;
        if i64::try_from(record.time_ms).is_ok_and(|recorded| recorded < ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The record, whole, if `query` wants it.
fn wanted<R: Reader>(reader: &mut R, query: &Query, sequence: u64) -> Step<Option<Record>, R> {
    let mut record = audit::record(reader, sequence)?.ok_or(Damaged(Record::NAME))?;
    if record.head_only {
        let body = reader.read(&key::body(sequence)).map_err(Unanswered::Read)?;
        record.event = body.and_then(|bytes| Event::try_from_slice(&bytes).ok()).ok_or(Damaged("event"))?;
        record.head_only = false;
    }
    Ok(query.matches(&record).then_some(record))
}

fn by_record<R: Reader>(
    reader: &mut R,
    query: &Query,
    source: &Source,
    after: Option<Pos>,
    events: usize,
    reads: u64,
) -> Step<Page, R> {
    let len = source.len();
    // Places in the order asked for, from the one after the last part.
    let done = match after.map(|after| after.sequence) {
        None => 0,
        Some(last) if query.descending => len.saturating_sub(source.before(last)),
        Some(last) => source.before(last.saturating_add(1)),
    };
    let mut page = Page::default();
    for place in done..len {
        let index = if query.descending { len.saturating_sub(1).saturating_sub(place) } else { place };
        let Some(sequence) = source.at(index) else { break };
        let record = wanted(reader, query, sequence)?;
        page.looked_at += 1;
        if let Some(record) = record {
            page.found.push(Found { sequence, record });
        }
        if page.found.len() >= events || page.looked_at >= reads {
            page.next = (place + 1 < len).then_some(Pos { time_ms: 0, sequence });
            break;
        }
    }
    Ok(page)
}

fn by_event<R: Reader>(
    reader: &mut R,
    query: &Query,
    source: &Source,
    after: Option<Pos>,
    events: usize,
    reads: u64,
) -> Step<Option<Page>, R> {
    if source.len() > reads {
        return Ok(None);
    }
    let mut all = Vec::new();
    for sequence in source.all() {
        if let Some(record) = wanted(reader, query, sequence)? {
            all.push((Pos { time_ms: record.event.time.ms(), sequence }, record));
        }
    }
    all.sort_by_key(|(pos, _)| *pos);
    if query.descending {
        all.reverse();
    }
    let is_later = |pos: &Pos| after.is_none_or(|after| if query.descending { *pos < after } else { *pos > after });
    let mut rest = all.into_iter().filter(|(pos, _)| is_later(pos));
    let mut page = Page { looked_at: source.len(), ..Page::default() };
    let mut last = None;
    for (pos, record) in rest.by_ref().take(events) {
        last = Some(pos);
        page.found.push(Found { sequence: pos.sequence, record });
    }
    page.next = last.filter(|_| rest.next().is_some());
    Ok(Some(page))
}
