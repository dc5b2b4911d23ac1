//! Thing: what is kept of something that is watched, and how readings change it.

use countersign_contract::prelude::*;
use countersign_interfaces::coldchain::{Hold, Reading};

use crate::excursions::{Excursions, Interval};

/// What a class of products bears. Temperatures are thousandths of a degree Celsius.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractType)]
pub struct Limits {
    /// The lowest temperature.
    pub least: i64,
    /// The highest temperature.
    pub most: i64,
    /// How long things may be outside of these in all, in milliseconds.
    pub excursion_ms: u64,
    /// How long one reading of a moment speaks for what follows it: the time between readings, in milliseconds.
    pub reading_ms: u64,
}

/// What is kept of a thing.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Thing {
    /// The class whose limits it is judged by.
    pub class: String,
    /// The times that it was outside of them.
    pub excursions: Excursions,
    /// How much of these was forgiven by releases.
    pub forgiven_ms: u64,
    /// Why it is held, if it is.
    pub hold: Option<Hold>,
}

/// What readings did to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing: within limits, or known.
    None,
    /// It was out of its limits for longer than known before.
    Longer,
    /// And too long, so that it is held from now on.
    Held,
}

impl Thing {
    pub(crate) fn new(class: String) -> Self {
        Self { class, excursions: Excursions::default(), forgiven_ms: 0, hold: None }
    }

    /// How long it was outside of its limits, without what was forgiven.
    pub(crate) fn excursion_ms(&self) -> u64 {
        self.excursions.total_ms().saturating_sub(self.forgiven_ms)
    }

    /// Takes readings of an organisation's device, at a block's time.
    pub(crate) fn take(&mut self, readings: &[Reading], limits: &Limits, reported_by: &str, now_ms: u64) -> Change {
        let before = self.excursion_ms();
        for reading in readings.iter().filter(|reading| limits.are_broken_by(reading)) {
            let spoken_for = reading.from_ms.saturating_add(limits.reading_ms);
            self.excursions.add(Interval { from_ms: reading.from_ms, to_ms: reading.to_ms.max(spoken_for) });
        }
        let excursion_ms = self.excursion_ms();
        if excursion_ms == before {
            return Change::None;
        }
        if self.hold.is_some() || excursion_ms <= limits.excursion_ms {
            return Change::Longer;
        }
        let reported_by = reported_by.to_string();
        self.hold = Some(Hold { since_ms: now_ms, excursion_ms, allowed_ms: limits.excursion_ms, reported_by });
        Change::Held
    }

    /// Lets go of it; what led to the hold does not lead to another.
    pub(crate) fn release(&mut self) {
        self.forgiven_ms = self.excursions.total_ms();
        self.hold = None;
    }
}

impl Limits {
    fn are_broken_by(&self, reading: &Reading) -> bool {
        reading.least < self.least || reading.most > self.most
    }
}
