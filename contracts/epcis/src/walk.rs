//! Walk: traces over the registers, the same in the contract, natively and over a proof's entries.
//!
//! Containment is temporal: something is in a container from the event that put it in until, by time of
//! event, the one that took it out, or out of which everything was taken. Event order is that of [`Pos`].
//! Windows of time only shrink on the way up or down, and what was seen in a window is not seen again in a
//! part of it, so every walk ends, through circles too. A void event counts for nothing.
//!
//! A walk as of position `p` sees the records before `p` and the error declarations among them, so it
//! answers the same for ever.

mod anomaly;
mod balance;
mod chain;
mod contents;
mod custody;
mod excursion;
mod flow;
mod history;
mod item;
mod lineage;
mod pools;
mod recall;
mod scope;
mod stay;
mod story;
mod thing;
mod trail;
mod whereabouts;
mod window;

pub use excursion::Bounds;
pub use item::{Claim, reason};

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use borsh::BorshDeserialize;
use thiserror::Error;

pub(crate) use story::{Stories, Story, Told, origins, stories, story, story_of_lot};
use thing::Things;

use crate::answer::{
    AnomalyReport, AuditTrail, Chain, Contents, Excursions, History, HistoryPage, Lineage, MassBalance, Recall,
    RecallScope, Truncated, Verification, Way, Whereabouts,
};
use crate::event::Event;
use crate::identifier::Identifier;
use crate::limits::{WALK_ITEMS_MAX, WALK_READS_MAX};
use crate::register::handover::Handover;
use crate::register::{Damaged, Entry, Pos, Reader, Record, Stored, audit, key};

/// How far a walk may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// State entries and log entries read.
    pub reads: u64,
    /// Events, products and containers listed.
    pub items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { reads: WALK_READS_MAX, items: WALK_ITEMS_MAX }
    }
}

/// As of when a walk answers; of all there is by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsOf {
    /// Only the records before this sequence number.
    pub position: Option<u64>,
    /// Only what receivers said of hand-overs up to this height. Where only a position is given, what they said before the last
    /// of its records.
    pub height: Option<u64>,
}

impl From<Option<u64>> for AsOf {
    fn from(position: Option<u64>) -> Self {
        Self { position, height: None }
    }
}

/// How much of a chain is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Most links away from the item; to the end if absent.
    pub depth: Option<NonZeroU32>,
    /// Whether links are listed, rather than things.
    pub links: bool,
    /// Which of them are listed; all if absent.
    pub rows: Option<Rows>,
}

/// A page: some of the rows of an answer, counted from its beginning. Answers as of one position have their rows in
/// one order, so that pages fit together; each page is found by the whole walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Rows of the pages before.
    pub after: u64,
    /// Most rows of this one.
    pub limit: NonZeroU32,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unanswered<E> {
    /// A key or log could not be read.
    #[error("{0}")]
    Read(E),
    /// What was read is not what capture writes.
    #[error("{0}")]
    Damaged(#[from] Damaged),
}

/// What happened to `item`, as of the records before `position`.
///
/// # Errors
///
/// If something cannot be read.
pub fn history<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<History, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    history::history(&mut walk, item)
}

/// A part of what happened to `item`: the events after `after`, at most [`Limits::items`] of them. Parts as of the same
/// position make up the history: events one after the other, places without repeating those before, anomalies
/// together.
///
/// # Errors
///
/// If something cannot be read.
pub fn history_page<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    after: Option<Pos>,
    limits: Limits,
) -> Result<HistoryPage, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    history::page(&mut walk, item, after)
}

/// What `item` comes from: its lot, what it was made of, what is in it, and so on back.
///
/// # Errors
///
/// If something cannot be read.
pub fn back<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Lineage, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    lineage::lineage(&mut walk, item, lineage::Direction::Back)
}

/// What `item` went into: instances of the lot, what was made of it or of the container it was in, what is
/// in it, and so on forward.
///
/// # Errors
///
/// If something cannot be read.
pub fn forward<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Lineage, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    lineage::lineage(&mut walk, item, lineage::Direction::Forward)
}

/// What `item` comes from or went into, link by link, as far as is asked.
///
/// # Errors
///
/// If something cannot be read.
pub fn chain<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    way: Way,
    reach: Reach,
    position: Option<u64>,
    limits: Limits,
) -> Result<Chain, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    chain::chain(&mut walk, item, way, reach)
}

/// What is in `item` after everything that happened up to `at_ms`.
///
/// # Errors
///
/// If something cannot be read.
pub fn contents<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    at_ms: i64,
    position: Option<u64>,
    limits: Limits,
) -> Result<Contents, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    contents::contents(&mut walk, item, at_ms)
}

/// What has to be recalled because of `item`: all it went into, every container of these, and where they
/// were last.
///
/// # Errors
///
/// If something cannot be read.
pub fn recall<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Recall, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    recall::recall(&mut walk, item)
}

/// How much of `item` came to be, was used up and was disposed of.
///
/// # Errors
///
/// If something cannot be read.
pub fn balance<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<MassBalance, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    balance::balance(&mut walk, item)
}

/// What of a recall is listed, beside its sums.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The last product of the page before.
    pub after: Option<&'a str>,
    /// The last container of the page before.
    pub containers_after: Option<&'a str>,
    /// Most products, and most containers.
    pub limit: usize,
}

impl Page<'_> {
    /// All of them.
    pub const WHOLE: Self = Self { after: None, containers_after: None, limit: usize::MAX };
}

/// What has to be recalled because of `item`, where it is by whose word, and how much of it is nowhere: a page of the
/// products and of the containers, and the sums of all.
///
/// # Errors
///
/// If something cannot be read.
pub fn scope<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    page: Page<'_>,
    as_of: impl Into<AsOf>,
    limits: Limits,
) -> Result<RecallScope, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, as_of, limits)?;
    scope::scope(&mut walk, item, page)
}

/// Which readings were out of bounds, and what was where they were taken; with `item`, only those that affect it.
///
/// # Errors
///
/// If something cannot be read.
pub fn excursions<R: Reader>(
    reader: &mut R,
    bounds: &Bounds,
    item: Option<&Identifier>,
    position: Option<u64>,
    limits: Limits,
) -> Result<Excursions, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    excursion::excursions(&mut walk, bounds, item)
}

/// Where `item` is after everything that happened up to `at_ms`, by whose word, who has it and who owns it.
///
/// # Errors
///
/// If something cannot be read.
pub fn whereabouts<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    at_ms: i64,
    as_of: impl Into<AsOf>,
    limits: Limits,
) -> Result<Whereabouts, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, as_of, limits)?;
    item::whereabouts(&mut walk, item, at_ms)
}

/// Whether `item` is what is claimed of it.
///
/// # Errors
///
/// If something cannot be read.
pub fn verify<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    claim: &Claim,
    position: Option<u64>,
    limits: Limits,
) -> Result<Verification, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    item::verify(&mut walk, item, claim)
}

/// All records of an event, by its eventID or the hash of one without.
///
/// # Errors
///
/// If something cannot be read.
pub fn trail<R: Reader>(
    reader: &mut R,
    event: &str,
    position: Option<u64>,
    limits: Limits,
) -> Result<AuditTrail, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    trail::trail(&mut walk, event)
}

/// What does not fit in the records from `since` on, at most `count` of them.
///
/// # Errors
///
/// If something cannot be read.
pub fn anomalies<R: Reader>(
    reader: &mut R,
    since: u64,
    count: u64,
    as_of: impl Into<AsOf>,
    limits: Limits,
) -> Result<AnomalyReport, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, as_of, limits)?;
    anomaly::anomalies(&mut walk, since, count)
}

/// A walk under way: what it has read, and how far it may go.
struct Walk<'a, R: Reader> {
    reader: &'a mut R,
    as_of: AsOf,
    position: u64,
    limits: Limits,
    reads: u64,
    truncated: Option<Truncated>,
    records: BTreeMap<u64, Rc<Record>>,
    things: Things,
    handovers: BTreeMap<u64, Option<Rc<Handover>>>,
}

type Step<T, R> = Result<T, Unanswered<<R as Reader>::Error>>;

impl<'a, R: Reader> Walk<'a, R> {
    fn new(reader: &'a mut R, as_of: impl Into<AsOf>, limits: Limits) -> Step<Self, R> {
        let as_of = as_of.into();
        let count = audit::count(reader)?;
        let position = as_of.position.map_or(count, |position| position.min(count));
        Ok(Self {
            reader,
            as_of,
            position,
            limits,
            reads: 0,
            truncated: None,
            records: BTreeMap::new(),
            things: Things::default(),
            handovers: BTreeMap::new(),
        })
    }

    /// Accounts for `count` reads; false once there have been too many.
    fn afford(&mut self, count: u64) -> bool {
        self.reads = self.reads.saturating_add(count);
        let within = self.reads <= self.limits.reads;
        if !within {
            self.truncated.get_or_insert(Truncated::Reads);
        }
        within
    }

    /// Whether there have been too many reads.
    fn is_spent(&self) -> bool {
        self.reads > self.limits.reads
    }

    /// Whether one more than `listed` may be listed.
    fn room(&mut self, listed: usize) -> bool {
        let within = listed < self.limits.items;
        if !within {
            self.truncated.get_or_insert(Truncated::Items);
        }
        within
    }

    /// The record `sequence`, unless it is void; `None` too where no more may be read.
    fn valid(&mut self, sequence: u64) -> Step<Option<Rc<Record>>, R> {
        let record = match self.records.get(&sequence).map(Rc::clone) {
            Some(record) => record,
            None if !self.afford(1) => return Ok(None),
            None => {
                let record = audit::record(self.reader, sequence)?.ok_or(Damaged(Record::NAME))?;
                let record = Rc::new(record);
                self.records.insert(sequence, Rc::clone(&record));
                record
            }
        };
        // A declaration before `position` voids the event for this walk.
        let void = record.voided.is_some_and(|by| by < self.position);
        Ok((!void).then_some(record))
    }

    /// The event of `sequence` with all things it names, unless it is void.
    fn event(&mut self, sequence: u64) -> Step<Option<Rc<Record>>, R> {
        let Some(record) = self.valid(sequence)? else { return Ok(None) };
        if !record.head_only {
            return Ok(Some(record));
        }
        if !self.afford(1) {
            return Ok(None);
        }
        let body = self.reader.read(&key::body(sequence)).map_err(Unanswered::Read)?;
        let event = body.and_then(|bytes| Event::try_from_slice(&bytes).ok()).ok_or(Damaged("event"))?;
        let whole = Rc::new(Record { event, head_only: false, ..Record::clone(&record) });
        self.records.insert(sequence, Rc::clone(&whole));
        Ok(Some(whole))
    }

    /// The entries of the log at `key` up to the position, in the order of events.
    fn dated(&mut self, key: &[u8]) -> Step<Vec<Entry>, R> {
        let mut entries: Vec<Entry> = self.entries(key, |entry: &Entry| entry.pos.sequence)?;
        entries.sort_by_key(|entry| entry.pos);
        Ok(entries)
    }

    /// The entries of the log at `key` up to the position, in the order of capture.
    fn entries<T: Stored>(&mut self, key: &[u8], sequence: impl Fn(&T) -> u64) -> Step<Vec<T>, R> {
        let mut entries = Vec::new();
        self.entries_by(
            sequence,
            |reader, each| reader.log_each(key, &mut |bytes| each(0, bytes)),
            |_, entry| {
                entries.push(entry);
            },
        )?;
        Ok(entries)
    }

    /// Shows the entries of the logs at `keys`, up to the position, to `each`, log by log in the order of capture.
    fn entries_of(&mut self, keys: &[Vec<u8>], each: impl FnMut(usize, Entry)) -> Step<(), R> {
        self.entries_by(|entry: &Entry| entry.pos.sequence, |reader, show| reader.logs_each(keys, show), each)
    }

    fn entries_by<T: Stored>(
        &mut self,
        sequence: impl Fn(&T) -> u64,
        read_by: impl FnOnce(&mut R, &mut dyn FnMut(usize, &[u8]) -> bool) -> Result<bool, R::Error>,
        mut each: impl FnMut(usize, T),
    ) -> Step<(), R> {
        let left = self.limits.reads.saturating_sub(self.reads);
        let (mut read, mut damaged) = (0u64, None);
        let position = self.position;
        let mut show = |at: usize, bytes: &[u8]| {
            read = read.saturating_add(1);
            if read > left || damaged.is_some() {
                return false;
            }
            match T::from_bytes(bytes) {
                // Sequence numbers only rise along a log.
                Ok(entry) if sequence(&entry) < position => {
                    each(at, entry);
                    true
                }
                Ok(_) => false,
                Err(cause) => {
                    damaged = Some(cause);
                    false
                }
            }
        };
        let whole = read_by(self.reader, &mut show).map_err(Unanswered::Read)?;
        // Of an empty log nothing is read, although there may have been too many reads before.
        if read > 0 {
            self.afford(read);
        }
        match damaged.or((!whole).then_some(Damaged(T::NAME))) {
            Some(cause) => Err(cause.into()),
            None => Ok(()),
        }
    }
}
