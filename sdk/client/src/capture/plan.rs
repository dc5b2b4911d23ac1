//! Which events go into which transaction.
//!
//! In mode proceed a transaction takes as many events as are likely to use half of the gas that one may have, by what
//! the transactions before it used; so many at first, and at most twice as many as the last time. Where the gas does
//! not suffice nevertheless, the events go in halves, down to a single one.

use super::Mode;
use crate::limits::{CAPTURE_BYTES_MAX, CAPTURE_EVENTS_FIRST, CAPTURE_EVENTS_MAX, ROLLBACK_EVENTS_MAX};
use countersign_epcis::document::Document;
use std::sync::Arc;

/// Gas limit to begin with: for each event, and for each of its bytes. About ten times what the
/// reference machine needs.
const EVENT_GAS: u64 = 10_000_000;
const BYTE_GAS: u64 = 5_000;

/// An event that can be sent.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    /// Its place in the document.
    pub index: usize,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// The document, or the part of it, that the event was read from.
    pub document: Arc<Document>,
}

/// The events of one transaction.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// In the document's order.
    pub events: Vec<Ready>,
    /// Their bytes together.
    pub bytes: usize,
}

/// How much transactions may hold, learnt from receipts.
#[derive(Debug)]
pub(super) struct Pace {
    /// Most gas of a transaction.
    gas_max: u64,
    /// Most events of the next one.
    events: usize,
    /// Gas of an event and of a byte, whichever gives more.
    measured: Option<(u64, u64)>,
}

impl Ready {
    /// Its bytes with their length in front, as they are sent.
    pub fn size(&self) -> usize {
        4 + self.bytes.len()
    }
}

impl Batch {
    pub fn push(&mut self, event: Ready) {
        self.bytes += event.size();
        self.events.push(event);
    }

    /// Its halves, the first one first; none if it holds a single event.
    pub fn halves(mut self) -> Result<(Self, Self), Self> {
        if self.events.len() < 2 {
            return Err(self);
        }
        let events = self.events.split_off(self.events.len() / 2);
        let second = Self { bytes: events.iter().map(Ready::size).sum(), events };
        self.bytes -= second.bytes;
        Ok((self, second))
    }
}

impl Pace {
    pub fn new(gas_max: u64, mode: Mode) -> Self {
        let events = match mode {
            Mode::Rollback => ROLLBACK_EVENTS_MAX,
            Mode::Proceed => CAPTURE_EVENTS_FIRST,
        };
        Self { gas_max, events, measured: None }
    }

    /// Most gas of a transaction.
    pub fn gas_max(&self) -> u64 {
        self.gas_max
    }

    /// Whether `batch` takes one more event of `size` bytes.
    pub fn takes(&self, batch: &Batch, size: usize) -> bool {
        let (events, bytes) = (batch.events.len(), batch.bytes + size);
        let fits = events < self.events && bytes <= CAPTURE_BYTES_MAX;
        fits && (events == 0 || self.likely(events + 1, bytes).is_none_or(|gas| gas <= self.gas_max / 2))
    }

    /// The gas limit of a transaction with so many events and bytes.
    pub fn limit(&self, events: usize, bytes: usize) -> u64 {
        let first = EVENT_GAS.saturating_mul(wide(events)).saturating_add(BYTE_GAS.saturating_mul(wide(bytes)));
        // Registers grow, so later events may cost more than earlier ones.
        let limit = self.likely(events, bytes).map_or(first, |gas| gas.saturating_mul(4).saturating_add(EVENT_GAS));
        limit.min(self.gas_max)
    }

    /// A transaction with so many events and bytes used so much gas.
    pub fn learn(&mut self, events: usize, bytes: usize, used: u64) {
        let per = |count: usize| used / wide(count).max(1);
        self.measured = Some((per(events), per(bytes)));
        self.events = self.events.max(events.saturating_mul(2)).min(CAPTURE_EVENTS_MAX);
    }

    /// A transaction with so many events and bytes needs more gas than this.
    pub fn shrink(&mut self, events: usize, bytes: usize, gas: u64) {
        let per = |count: usize| gas / wide(count).max(1);
        let (per_event, per_byte) = self.measured.unwrap_or_default();
        self.measured = Some((per_event.max(per(events)), per_byte.max(per(bytes))));
        self.events = (events / 2).max(1);
    }

    /// Whether a batch is likely to need more gas than a transaction may have.
    pub fn is_too_dear(&self, batch: &Batch) -> bool {
        self.likely(batch.events.len(), batch.bytes).is_some_and(|gas| gas > self.gas_max)
    }

    fn likely(&self, events: usize, bytes: usize) -> Option<u64> {
        let (per_event, per_byte) = self.measured?;
        Some(per_event.saturating_mul(wide(events)).max(per_byte.saturating_mul(wide(bytes))))
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use countersign_epcis::document::parse;
    use countersign_epcis::rule::Policy;

    fn batch(sizes: &[usize]) -> Batch {
        let document = Arc::new(parse(b"[]", Policy::default()).unwrap());
        let mut batch = Batch::default();
        for (index, size) in sizes.iter().enumerate() {
            batch.push(Ready { index, bytes: vec![0; *size], document: Arc::clone(&document) });
        }
        batch
    }

    #[test]
    fn a_batch_takes_what_fits_into_a_transaction() {
        let pace = Pace::new(u64::MAX, Mode::Proceed);
        let half = CAPTURE_BYTES_MAX / 2;
        assert!(pace.takes(&batch(&[half - 4]), CAPTURE_BYTES_MAX - half));
        assert!(!pace.takes(&batch(&[half - 4]), CAPTURE_BYTES_MAX - half + 1));
        let many = |count: usize| batch(&vec![10; count]);
        assert!(pace.takes(&many(CAPTURE_EVENTS_FIRST - 1), 14) && !pace.takes(&many(CAPTURE_EVENTS_FIRST), 14));
        let whole = Pace::new(u64::MAX, Mode::Rollback);
        assert!(whole.takes(&many(ROLLBACK_EVENTS_MAX - 1), 14) && !whole.takes(&many(ROLLBACK_EVENTS_MAX), 14));
    }

    #[test]
    fn batches_grow_by_what_transactions_used_and_no_further() {
        let mut pace = Pace::new(1_000_000_000, Mode::Proceed);
        // Cheap events: twice as many each time, up to what a call takes.
        pace.learn(
            CAPTURE_EVENTS_FIRST,
            14 * CAPTURE_EVENTS_FIRST,
            1_000 * u64::try_from(CAPTURE_EVENTS_FIRST).unwrap(),
        );
        assert!(pace.takes(&batch(&vec![10; CAPTURE_EVENTS_FIRST * 2 - 1]), 14));
        assert!(!pace.takes(&batch(&vec![10; CAPTURE_EVENTS_FIRST * 2]), 14));
        for _ in 0..8 {
            pace.learn(CAPTURE_EVENTS_MAX, 14 * CAPTURE_EVENTS_MAX, 1_000_000);
        }
        assert!(!pace.takes(&batch(&vec![10; CAPTURE_EVENTS_MAX]), 14));
        // Dear events: 50 million each, of a half of 1,000 million.
        pace.learn(2, 28, 100_000_000);
        assert!(pace.takes(&batch(&[10; 9]), 14) && !pace.takes(&batch(&[10; 10]), 14));
        // A single event always goes, whatever it may take.
        pace.learn(1, 14, 900_000_000);
        assert!(pace.takes(&batch(&[]), 14) && !pace.takes(&batch(&[10]), 14));
        assert_eq!(pace.limit(1, 14), 1_000_000_000);
    }

    #[test]
    fn what_is_too_dear_goes_in_halves() {
        let mut pace = Pace::new(1_000_000_000, Mode::Proceed);
        pace.shrink(9, 126, 450_000_000);
        assert!(pace.takes(&batch(&[10; 3]), 14) && !pace.takes(&batch(&[10; 4]), 14));
        assert!(!pace.is_too_dear(&batch(&[10; 20])) && pace.is_too_dear(&batch(&[10; 21])));
        pace.shrink(1, 14, 1_000_000_000);
        assert!(pace.takes(&batch(&[]), 14) && !pace.takes(&batch(&[10]), 14));
        let (first, second) = batch(&[1, 2, 3]).halves().unwrap();
        let indexes = |batch: &Batch| batch.events.iter().map(|event| event.index).collect::<Vec<_>>();
        assert_eq!((indexes(&first), first.bytes), (vec![0], 5));
        assert_eq!((indexes(&second), second.bytes), (vec![1, 2], 13));
        assert!(first.halves().is_err());
    }
}
