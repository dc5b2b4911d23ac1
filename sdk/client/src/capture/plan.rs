//! Which events go into which transaction.

use super::Mode;
use crate::Error;
use crate::limits::{CAPTURE_BYTES_MAX, CAPTURE_EVENTS_MAX, ROLLBACK_EVENTS_MAX};

/// An event that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ready {
    /// Its place in the document.
    pub index: usize,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
}

/// The events of one transaction.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Batch {
    /// In the document's order.
    pub events: Vec<Ready>,
    /// Their bytes together.
    pub bytes: usize,
}

/// Cuts the events into transactions: one for all in rollback, as few as fit in proceed.
///
/// # Errors
/// [`Error::TooLarge`] for an event, or in rollback a document, that no transaction takes.
pub(super) fn batches(events: Vec<Ready>, mode: Mode) -> Result<Vec<Batch>, Error> {
    let total: usize = events.iter().map(Ready::size).sum();
    if mode == Mode::Rollback && (total > CAPTURE_BYTES_MAX || events.len() > ROLLBACK_EVENTS_MAX) {
        let what = format!(
            "rollback records a document in one transaction of at most {ROLLBACK_EVENTS_MAX} events; split it or use mode proceed. It has {} events and",
            events.len()
        );
        return Err(Error::TooLarge { what, bytes: total, max: CAPTURE_BYTES_MAX });
    }
    let most = if mode == Mode::Rollback { ROLLBACK_EVENTS_MAX } else { CAPTURE_EVENTS_MAX };
    let mut batches = Vec::new();
    let mut batch = Batch::default();
    for event in events {
        let bytes = event.size();
        if bytes > CAPTURE_BYTES_MAX {
            return Err(Error::TooLarge { what: format!("event {}", event.index), bytes, max: CAPTURE_BYTES_MAX });
        }
        if batch.events.len() >= most || batch.bytes + bytes > CAPTURE_BYTES_MAX {
            batches.push(std::mem::take(&mut batch));
        }
        batch.bytes += bytes;
        batch.events.push(event);
    }
    if !batch.events.is_empty() {
        batches.push(batch);
    }
    Ok(batches)
}

impl Ready {
    /// Its bytes with their length in front, as they are sent.
    fn size(&self) -> usize {
        4 + self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn events(sizes: &[usize]) -> Vec<Ready> {
        sizes.iter().enumerate().map(|(index, size)| Ready { index, bytes: vec![0; *size] }).collect()
    }

    fn shape(batches: &[Batch]) -> Vec<usize> {
        batches.iter().map(|batch| batch.events.len()).collect()
    }

    #[test]
    fn proceed_fills_transactions_in_order() {
        let many = events(&vec![10; CAPTURE_EVENTS_MAX * 2 + 1]);
        let batches = batches(many.clone(), Mode::Proceed).unwrap();
        assert_eq!(shape(&batches), [CAPTURE_EVENTS_MAX, CAPTURE_EVENTS_MAX, 1]);
        let again: Vec<Ready> = batches.into_iter().flat_map(|batch| batch.events).collect();
        assert_eq!(again, many);
    }

    #[test]
    fn bytes_bound_a_transaction_too() {
        let half = CAPTURE_BYTES_MAX / 2 - 4;
        assert_eq!(shape(&batches(events(&[half, half, half]), Mode::Proceed).unwrap()), [2, 1]);
        assert_eq!(shape(&batches(events(&[half, half + 1]), Mode::Proceed).unwrap()), [1, 1]);
        let error = batches(events(&[1, CAPTURE_BYTES_MAX - 3]), Mode::Proceed).unwrap_err();
        assert!(error.to_string().starts_with("event 1 has"), "{error}");
    }

    #[test]
    fn rollback_is_one_transaction_or_none() {
        assert_eq!(
            shape(&batches(events(&vec![1; ROLLBACK_EVENTS_MAX]), Mode::Rollback).unwrap()),
            [ROLLBACK_EVENTS_MAX]
        );
        assert!(batches(events(&vec![1; ROLLBACK_EVENTS_MAX + 1]), Mode::Rollback).is_err());
        assert!(batches(events(&[CAPTURE_BYTES_MAX / 2, CAPTURE_BYTES_MAX / 2]), Mode::Rollback).is_err());
        assert_eq!(batches(Vec::new(), Mode::Rollback).unwrap(), []);
    }
}
