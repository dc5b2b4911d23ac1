//! Dwell: how long things stay at a place, and which stays are far longer than the others.
//!
//! Robust statistics: the median, and the median of the distances from it (MAD), neither of which a few outliers move.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Step, Walk, rule};
use crate::answer::Irregularity;
use crate::event::Event;
use crate::identifier::Identifier;
use crate::limits::{DWELL_MADS, DWELL_STAYS_MIN};
use crate::register::{Pos, Reader};

/// The least spread that is taken for one, in milliseconds: a minute.
const SPREAD_MIN_MS: i64 = 60_000;

/// One stay that an event of the span ended.
struct Stay {
    length_ms: i64,
    sequence: u64,
    event_id: Option<String>,
    item: String,
}

/// Stays by place.
#[derive(Default)]
pub(super) struct Dwells(BTreeMap<String, Vec<Stay>>);

impl Dwells {
    /// Adds the stay that an event ends. What an event names came and goes together: the first thing stands for all.
    pub(super) fn add<R: Reader>(&mut self, walk: &mut Walk<'_, R>, pos: Pos, event: &Event) -> Step<(), R> {
        let Some(item) = event.subjects().next().map(Identifier::canonical) else { return Ok(()) };
        let Some((before, record)) = walk.before(item, pos, |_, record| record.event.location.is_some())? else {
            return Ok(());
        };
        let Some(place) = &record.event.location else { return Ok(()) };
        let goes = event.location.as_ref().is_some_and(|now| now.id.canonical() != place.id.canonical());
        if goes {
            self.0.entry(place.id.canonical().to_owned()).or_default().push(Stay {
                length_ms: pos.time_ms.saturating_sub(before.time_ms),
                sequence: pos.sequence,
                event_id: event.event_id.clone(),
                item: item.to_owned(),
            });
        }
        Ok(())
    }

    /// The stays that are far longer than the others at their place.
    pub(super) fn outliers(self) -> Vec<Irregularity> {
        let mut report = Vec::new();
        for (place, stays) in self.0.into_iter().filter(|(_, stays)| stays.len() >= DWELL_STAYS_MIN) {
            let median = median(stays.iter().map(|stay| stay.length_ms));
            let spread =
                self::median(stays.iter().map(|stay| stay.length_ms.abs_diff(median).try_into().unwrap_or(i64::MAX)));
            let most = median.saturating_add(spread.max(SPREAD_MIN_MS).saturating_mul(DWELL_MADS));
            for Stay { length_ms, sequence, event_id, item } in stays {
                if length_ms > most {
                    let (minutes, usual) = (length_ms / 60_000, median / 60_000);
                    let reason = format!("it was at {place} for {minutes} minutes; the median there is {usual}");
                    report.push(Irregularity { sequence, event_id, rule: rule::DWELL.to_owned(), item, reason });
                }
            }
        }
        report
    }
}

/// The lower median; 0 of nothing.
fn median(values: impl Iterator<Item = i64>) -> i64 {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or_default()
}
