//! Events of items that live for a while: each is commissioned and then seen again and again, on its way from place to
//! place. Short lives of eight events run a thousand at a time; a few long ones of a hundred events are spread over all
//! of the events, so that what is known of such an item lies as far apart as it can. The same number gives the same event.

use countersign_epcis::Identifier;
use countersign_epcis::event::{Action, Event, Items, Place, What};
use countersign_epcis::term::{Term, Vocabulary};
use countersign_epcis::time::{Offset, Time};

/// Events of a short life.
pub const SHORT: u64 = 8;
/// Events of a long life.
pub const LONG: u64 = 100;
/// Short lives at a time.
const TOGETHER: u64 = 1_000;
/// Of so many events one belongs to a long life.
const ONE_IN: u64 = 5;
/// Items pass through so many places.
const PLACES: u64 = 300;
/// 2026-01-01T00:00:00Z.
const BEGIN_MS: i64 = 1_767_225_600_000;
/// From one event to the next.
const STEP_MS: i64 = 500;

/// The lives of `events` events.
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    events: u64,
}

impl Lives {
    /// Lives that have about this many events altogether: whole thousands of short lives, whole long ones.
    #[must_use]
    pub fn of(events: u64) -> Self {
        let whole = TOGETHER * SHORT * ONE_IN / (ONE_IN - 1);
        Self { events: events.div_ceil(whole).max(1) * whole }
    }

    /// Number of events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Number of items with long lives.
    #[must_use]
    pub fn long(&self) -> u64 {
        self.events / ONE_IN / LONG
    }

    /// Number of items with short lives.
    #[must_use]
    pub fn short(&self) -> u64 {
        (self.events - self.events / ONE_IN) / SHORT
    }

    /// The event of a number below [`Lives::events`].
    ///
    /// # Panics
    /// If the event would not be valid, which is this program's mistake.
    #[must_use]
    pub fn event(&self, number: u64) -> Event {
        let of_its_kind = number / ONE_IN;
        let (item, step) = match number % ONE_IN {
            0 => (long_item(of_its_kind % self.long()), of_its_kind / self.long()),
            rest => {
                let number = of_its_kind * (ONE_IN - 1) + rest - 1;
                let (cohort, within) = (number / (TOGETHER * SHORT), number % (TOGETHER * SHORT));
                (short_item(cohort * TOGETHER + within % TOGETHER), within / TOGETHER)
            }
        };
        let items = Items { epcs: vec![identifier(&item)], quantities: Vec::new() };
        let (action, word) = match step {
            0 => (Action::Add, "commissioning"),
            step if step % 2 == 1 => (Action::Observe, "shipping"),
            _ => (Action::Observe, "receiving"),
        };
        let time = i64::try_from(number).map_or(BEGIN_MS, |number| BEGIN_MS + number * STEP_MS);
        let offset: Offset = "+00:00".parse().expect("an offset as the standard writes it");
        let mut event = Event::new(What::Object { action, items }, Time::at(time), offset);
        event.event_id = Some(format!("urn:countersign:lives:{number:x}"));
        event.step = Some(Term::new(Vocabulary::BizStep, word));
        let place = identifier(&format!("https://id.gs1.org/414/9521321000018/254/place-{}", (number + step) % PLACES));
        event.read_point = Some(Place { id: place, extensions: Vec::new() });
        event
    }
}

/// An item with a long life.
#[must_use]
pub fn long_item(number: u64) -> String {
    format!("https://id.gs1.org/01/09521321000018/21/L{number:x}")
}

/// An item with a short life.
#[must_use]
pub fn short_item(number: u64) -> String {
    format!("https://id.gs1.org/01/09521321000018/21/S{number:x}")
}

fn identifier(text: &str) -> Identifier {
    Identifier::parse(text).expect("an identifier as the standard writes it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_epcis::rule::{Policy, check};
    use std::collections::BTreeMap;

    #[test]
    fn lives_have_as_many_events_as_they_should_and_begin_with_the_first() {
        let lives = Lives::of(100_000);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for number in 0..lives.events() {
            let event = lives.event(number);
            if number % 97 == 0 {
                check(&event, Policy::Strict).expect("a valid event");
            }
            let item = event.subjects().next().expect("one item").canonical().to_owned();
            let count = counts.entry(item).or_default();
            assert_eq!(*count == 0, event.what.action() == Some(Action::Add), "event {number}");
            *count += 1;
        }
        let of_length = |length| counts.values().filter(|count| **count == length).count() as u64;
        assert_eq!((of_length(SHORT), of_length(LONG)), (lives.short(), lives.long()));
        assert_eq!(counts.len() as u64, lives.short() + lives.long());
    }
}
