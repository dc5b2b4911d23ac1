//! Excursions: the times that a thing was outside its limits, as intervals that do not touch.
//!
//! Readings come late, twice and in any order; the union of intervals is the same for all of these.

#[cfg(test)]
mod tests;

use core::mem;

use countersign_contract::prelude::*;

use crate::limits::EXCURSIONS_MAX;

/// Intervals in order, none of which touches the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, ContractType)]
pub struct Excursions {
    /// The intervals.
    pub intervals: Vec<Interval>,
}

/// A time outside of limits, milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractType)]
pub struct Interval {
    /// Its first moment.
    pub from_ms: u64,
    /// The first moment after it.
    pub to_ms: u64,
}

impl Interval {
    fn length_ms(self) -> u64 {
        self.to_ms.saturating_sub(self.from_ms)
    }

    fn touches(self, other: Self) -> bool {
        self.from_ms <= other.to_ms && other.from_ms <= self.to_ms
    }

    fn joined(self, other: Self) -> Self {
        Self { from_ms: self.from_ms.min(other.from_ms), to_ms: self.to_ms.max(other.to_ms) }
    }
}

impl Excursions {
    /// Adds an interval. An empty one adds nothing.
    pub(crate) fn add(&mut self, added: Interval) {
        if added.to_ms <= added.from_ms {
            return;
        }
        let (touching, mut apart): (Vec<Interval>, Vec<Interval>) =
            mem::take(&mut self.intervals).into_iter().partition(|interval| interval.touches(added));
        let joined = touching.into_iter().fold(added, Interval::joined);
        let place = apart.partition_point(|interval| interval.from_ms < joined.from_ms);
        apart.insert(place, joined);
        self.intervals = apart;
        if self.intervals.len() > EXCURSIONS_MAX {
            self.close_shortest_gap();
        }
    }

    /// How long all of them last together.
    pub(crate) fn total_ms(&self) -> u64 {
        self.intervals.iter().fold(0, |total: u64, interval| total.saturating_add(interval.length_ms()))
    }

    fn close_shortest_gap(&mut self) {
        let pairs = self.intervals.iter().zip(self.intervals.iter().skip(1)).enumerate();
        let shortest = pairs.min_by_key(|(_, (earlier, later))| later.from_ms.saturating_sub(earlier.to_ms));
        let closed = shortest.map(|(at, (earlier, later))| (at, earlier.joined(*later)));
        if let Some((at, joined)) = closed {
            self.intervals.remove(at + 1);
            if let Some(earlier) = self.intervals.get_mut(at) {
                *earlier = joined;
            }
        }
    }
}
