//! Events: their index, and searching it. The index is this node's own and no part of consensus.
//!
//! An event is indexed under up to ten terms: its contract, contract and name, and contract and each
//! attribute. A term's key is a digest, so a hit is compared with the event before it is answered.

use crate::error::LedgerError;
use crate::limits::{EVENT_SEARCH_STEPS_MAX, PAGE_ITEMS_MAX};
use crate::reader::Reader;
use crate::record::{Place, first_half, join};
use crate::retention::Class;
use crate::store::{Batch, Direction, KeyRange, Space, Store};
use countersign_types::hash::sha256;
use countersign_types::receipt::EventRecord;
use countersign_types::{Address, Event, Height, Receipt, codec};
use std::ops::Bound;

/// Which events are wanted. What is `None` may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    /// The contract. Without one the search goes block by block.
    pub contract: Option<Address>,
    /// The event's name.
    pub name: Option<String>,
    /// An attribute's name and value.
    pub attribute: Option<(String, Vec<u8>)>,
    /// First height.
    pub from: Height,
    /// Last height.
    pub to: Height,
}

/// The place of an event: a block and the position among its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventCursor {
    /// The block.
    pub height: Height,
    /// Position among the block's events.
    pub index: u32,
}

/// Some of the events that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events in the order asked for.
    pub items: Vec<EventRecord>,
    /// Where to go on; `None` at the end. A page may hold fewer events than asked for, even none,
    /// and still name a next one, when the search was long.
    pub next: Option<EventCursor>,
}

impl EventFilter {
    /// Every event.
    #[must_use]
    pub fn all() -> Self {
        Self { contract: None, name: None, attribute: None, from: Height::ZERO, to: Height(u64::MAX) }
    }

    /// Whether an event is one of those wanted, wherever it stands.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.contract.is_none_or(|contract| contract == event.contract)
            && self.name.as_ref().is_none_or(|name| *name == event.name)
            && self.attribute.as_ref().is_none_or(|attribute| event.attributes.contains(attribute))
    }

    fn term(&self) -> Option<[u8; 16]> {
        let contract = self.contract.as_ref()?;
        Some(match (&self.attribute, &self.name) {
            (Some((name, value)), _) => attribute_term(contract, name, value),
            (None, Some(name)) => name_term(contract, name),
            (None, None) => contract_term(contract),
        })
    }
}

fn contract_term(contract: &Address) -> [u8; 16] {
    first_half(sha256(&codec::encode(&(0u8, contract))))
}
fn name_term(contract: &Address, name: &str) -> [u8; 16] {
    first_half(sha256(&codec::encode(&(1u8, contract, name))))
}
fn attribute_term(contract: &Address, name: &str, value: &[u8]) -> [u8; 16] {
    first_half(sha256(&codec::encode(&(2u8, contract, name, value))))
}

/// `term 16 | height u64 | index u32`, big-endian.
fn index_key(term: [u8; 16], place: EventCursor) -> [u8; 28] {
    let place: [u8; 12] = join(place.height.0.to_be_bytes(), place.index.to_be_bytes());
    join(term, place)
}

/// Rows of the index for an event, in no particular order.
pub(crate) fn index_keys(record: &EventRecord) -> Vec<[u8; 28]> {
    let event = &record.event;
    let place = EventCursor { height: record.height, index: record.index };
    let mut keys = vec![
        index_key(contract_term(&event.contract), place),
        index_key(name_term(&event.contract, &event.name), place),
    ];
    for (name, value) in &event.attributes {
        keys.push(index_key(attribute_term(&event.contract, name, value), place));
    }
    keys
}

/// Adds a block's events to the index. The rows have no values.
pub(crate) fn index_events(batch: &mut Batch, events: &[EventRecord]) {
    for key in events.iter().flat_map(index_keys) {
        batch.put(Space::Events, key, []);
    }
}

/// A block's event records, made of its receipts.
pub(crate) fn records(height: Height, receipts: &[Receipt]) -> Vec<EventRecord> {
    let events =
        receipts.iter().flat_map(|receipt| receipt.events.iter().map(|event| (receipt.transaction, event.clone())));
    events.zip(0..).map(|((transaction, event), index)| EventRecord { height, index, transaction, event }).collect()
}

impl<S: Store> Reader<S> {
    /// Events in order of their places, from `start` on (inclusive), at most `limit`. Going backward, a list that was cut off by
    /// pruning ends with a cursor that leads to [`LedgerError::Pruned`], so that nobody takes it for whole.
    ///
    /// # Errors
    /// [`LedgerError::Pruned`] if the first height to look at is no longer kept; what is damaged, or the store's.
    pub fn events(
        &self,
        filter: &EventFilter,
        start: Option<EventCursor>,
        limit: usize,
        direction: Direction,
    ) -> Result<EventPage, LedgerError> {
        let mut filter = filter.clone();
        filter.to = filter.to.min(self.tip().height);
        let mut low = EventCursor { height: filter.from, index: 0 };
        let mut high = EventCursor { height: filter.to, index: u32::MAX };
        match (start, direction) {
            (Some(start), Direction::Forward) => low = low.max(start),
            (Some(start), Direction::Backward) => high = high.min(start),
            (None, _) => {}
        }
        let oldest = self.oldest(Class::Receipts);
        let first = if direction == Direction::Forward { low.height } else { high.height }.max(Height(1));
        if first < oldest && low <= high {
            return Err(LedgerError::Pruned { what: Class::Receipts, height: first, oldest });
        }
        let cut_off = low.height.max(Height(1)) < oldest && low <= high;
        if cut_off {
            low = EventCursor { height: oldest, index: 0 };
        }
        let search = Search {
            reader: self,
            filter: &filter,
            low,
            high,
            direction,
            limit: limit.min(PAGE_ITEMS_MAX),
            block: None,
            page: EventPage { items: Vec::new(), next: None },
            steps: 0,
        };
        let mut page = match filter.term() {
            _ if low > high => search.page,
            Some(term) => search.by_index(term)?,
            None => search.by_block()?,
        };
        if cut_off {
            let before = EventCursor { height: oldest.previous(), index: u32::MAX };
            page.next.get_or_insert(before);
        }
        Ok(page)
    }
}

struct Search<'a, S> {
    reader: &'a Reader<S>,
    filter: &'a EventFilter,
    low: EventCursor,
    high: EventCursor,
    direction: Direction,
    limit: usize,
    /// The block looked at last.
    block: Option<(Height, Vec<EventRecord>)>,
    page: EventPage,
    steps: usize,
}

impl<S: Store> Search<'_, S> {
    fn by_index(mut self, term: [u8; 16]) -> Result<EventPage, LedgerError> {
        let range = KeyRange {
            from: Bound::Included(index_key(term, self.low).to_vec()),
            to: Bound::Included(index_key(term, self.high).to_vec()),
        };
        let rows = self.reader.store().scan(
            Space::Events,
            &range,
            self.direction,
            EVENT_SEARCH_STEPS_MAX.saturating_add(1),
        )?;
        for (key, _) in rows {
            let place = Place { what: "an event's index entry", space: Space::Events, key: &key };
            let at = cursor(&key).ok_or_else(|| place.damaged())?;
            self.load(at.height)?;
            let record = self.block.as_ref().and_then(|(_, records)| records.get(usize::try_from(at.index).ok()?));
            let record = record.cloned().ok_or_else(|| place.damaged())?;
            if self.is_over(at, &record) {
                break;
            }
        }
        Ok(self.page)
    }

    fn by_block(mut self) -> Result<EventPage, LedgerError> {
        let (first, last) = (self.low.height.0.max(1), self.high.height.0);
        let count = last.saturating_add(1).saturating_sub(first);
        for step in 0..count {
            let height = Height(if self.direction == Direction::Forward { first + step } else { last - step });
            self.load(height)?;
            let mut records = self.block.take().map(|(_, records)| records).unwrap_or_default();
            if self.direction == Direction::Backward {
                records.reverse();
            }
            self.steps += 1;
            if self.steps > EVENT_SEARCH_STEPS_MAX {
                let index = if self.direction == Direction::Forward { 0 } else { u32::MAX };
                self.page.next = Some(EventCursor { height, index });
                return Ok(self.page);
            }
            for record in records {
                let at = EventCursor { height, index: record.index };
                if (self.low..=self.high).contains(&at) && self.is_over(at, &record) {
                    return Ok(self.page);
                }
            }
        }
        Ok(self.page)
    }

    /// Takes an event in if it is wanted; answers whether the page ends before it.
    fn is_over(&mut self, at: EventCursor, record: &EventRecord) -> bool {
        self.steps += 1;
        let matches = self.filter.matches(&record.event);
        if (matches && self.page.items.len() >= self.limit) || self.steps > EVENT_SEARCH_STEPS_MAX {
            self.page.next = Some(at);
            return true;
        }
        if matches {
            self.page.items.push(record.clone());
        }
        false
    }

    fn load(&mut self, height: Height) -> Result<(), LedgerError> {
        if self.block.as_ref().is_none_or(|(loaded, _)| *loaded != height) {
            self.block = Some((height, records(height, &self.reader.receipts(height)?)));
        }
        Ok(())
    }
}

/// The height that a row of the index is of.
pub(crate) fn event_height(key: &[u8]) -> Option<u64> {
    cursor(key).map(|place| place.height.0)
}

fn cursor(key: &[u8]) -> Option<EventCursor> {
    let (_, place) = key.split_at_checked(16)?;
    let (height, index) = place.split_first_chunk::<8>()?;
    Some(EventCursor { height: Height(u64::from_be_bytes(*height)), index: u32::from_be_bytes(index.try_into().ok()?) })
}
