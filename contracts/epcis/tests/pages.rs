//! Parts of a history: they make up the whole as of the first, whatever is captured between them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code, missing_docs)]

#[path = "support/memory.rs"]
mod memory;

use countersign_epcis::answer::{After, History, Truncated};
use countersign_epcis::event::{Action, Event, Items, Place, What};
use countersign_epcis::register::{Pos, capture, count};
use countersign_epcis::rule::Policy;
use countersign_epcis::walk::{self, Limits};
use countersign_epcis::{Identifier, Offset, Time};
use memory::{Memory, by};
use proptest::prelude::*;

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}
fn serial(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sgtin:9521321.000031.s{n}"))
}
fn case(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sscc:9521321.{n:010}"))
}
fn items(ids: impl IntoIterator<Item = Identifier>) -> Items {
    Items { epcs: ids.into_iter().collect(), quantities: Vec::new() }
}

/// Event `n`: the item seen, packed into cases, taken out, its cases seen; at an instant that several share.
fn event(n: usize, kind: u8, which: usize, ms: i64) -> Event {
    let what = match kind {
        0 => What::Aggregation { action: Action::Add, parent: Some(case(which)), children: items([serial(0)]) },
        1 => What::Aggregation { action: Action::Delete, parent: Some(case(which)), children: items([]) },
        2 => What::Object { action: Action::Observe, items: items([case(which)]) },
        _ => What::Object { action: Action::Observe, items: items([serial(0)]) },
    };
    let place = id(&format!("urn:epc:id:sgln:9521321.{:05}.0", which % 3));
    let location = Some(Place { id: place, extensions: Vec::new() });
    Event { event_id: Some(format!("urn:event:{n}")), location, ..Event::new(what, Time::at(ms), Offset::default()) }
}

fn put(memory: &mut Memory, event: &Event) {
    let height = count(memory).unwrap();
    // Lenient, so that what is odd is recorded with its anomalies.
    let _ = capture(memory, event, &by("acme", height), Policy::Lenient);
}

/// All pages of a history, joined, and their number. `meanwhile` comes before each page but the first.
fn paged(
    memory: &mut Memory,
    position: u64,
    size: usize,
    mut meanwhile: impl FnMut(&mut Memory, usize),
) -> (History, usize) {
    let limits = Limits { items: size, ..Limits::default() };
    let (mut whole, mut after, mut pages): (Option<History>, Option<Pos>, usize) = (None, None, 0);
    loop {
        let page = walk::history_page(memory, &serial(0), Some(position), after, limits).unwrap();
        pages += 1;
        assert!(page.history.events.len() <= size);
        assert!(page.next.is_none() || !page.history.events.is_empty(), "a page that goes on goes on");
        let whole = match &mut whole {
            None => whole.insert(page.history),
            Some(whole) => {
                let History { events, locations, anomalies, truncated, .. } = page.history;
                whole.events.extend(events);
                let new: Vec<_> = locations.into_iter().filter(|place| !whole.locations.contains(place)).collect();
                whole.locations.extend(new);
                whole.anomalies.extend(anomalies);
                whole.truncated = whole.truncated.or(truncated);
                whole
            }
        };
        whole.anomalies.sort_by_key(|anomaly| anomaly.sequence);
        let Some(After { time_ms, sequence }) = page.next else { return (whole.clone(), pages) };
        after = Some(Pos { time_ms, sequence });
        meanwhile(memory, pages);
    }
}

fn sorted(mut history: History) -> History {
    history.anomalies.sort_by_key(|anomaly| anomaly.sequence);
    history
}

#[test]
fn thousands_of_events_are_paged_while_others_come() {
    let mut memory = Memory::default();
    let mut named = 0;
    let mut more = |memory: &mut Memory, count: usize| {
        for n in named..named + count {
            // Late ones too: events of before what was already answered.
            let ms = i64::try_from((n * 7919) % 5000).unwrap();
            put(memory, &event(n, u8::try_from(n % 4).unwrap(), n % 5, ms));
        }
        named += count;
    };
    more(&mut memory, 3_000);
    let position = count(&mut memory).unwrap();
    let first = sorted(walk::history(&mut memory, &serial(0), None, Limits::default()).unwrap());
    assert!(first.events.len() > 1_000 && !first.anomalies.is_empty(), "{} events", first.events.len());
    assert_eq!(first.truncated, None);
    let (joined, pages) = paged(&mut memory, position, 100, |memory, _| more(memory, 20));
    assert_eq!(joined, first);
    assert_eq!(pages, first.events.len().div_ceil(100));
    let now = walk::history(&mut memory, &serial(0), None, Limits::default()).unwrap();
    assert!(now.events.len() > first.events.len());
}

#[test]
fn what_cannot_be_found_is_said_on_every_page() {
    let mut memory = Memory::default();
    for n in 0..200 {
        put(&mut memory, &event(n, 3, 0, i64::try_from(n).unwrap()));
    }
    let ask = |memory: &mut Memory, reads, items, after| {
        walk::history_page(memory, &serial(0), None, after, Limits { reads, items }).unwrap()
    };
    // Enough to read the log and no record; a few records; a part of the log; everything.
    let none = ask(&mut memory, 200, 1_000, None);
    assert_eq!((none.history.truncated, none.next, none.history.events.len()), (Some(Truncated::Reads), None, 0));
    let few = ask(&mut memory, 205, 1_000, None);
    assert_eq!((few.history.truncated, few.next.is_some(), few.history.events.len()), (None, true, 5));
    let cut = ask(&mut memory, 50, 1_000, None);
    assert_eq!(cut.history.truncated, Some(Truncated::Reads));
    let half = ask(&mut memory, 300, 1_000, None);
    assert!(half.next.is_some() && half.history.events.len() < 110, "{}", half.history.events.len());
    let all = ask(&mut memory, 1_000_000, 1_000, None);
    assert_eq!((all.history.truncated, all.next, all.history.events.len()), (None, None, 200));
    let exactly = ask(&mut memory, 1_000_000, 200, None);
    assert_eq!(exactly, all);
    let beyond = ask(&mut memory, 1_000_000, 10, Some(Pos { time_ms: 199, sequence: 199 }));
    assert_eq!((beyond.history.events.len(), beyond.next, beyond.history.truncated), (0, None, None));
    let whole = walk::history(&mut memory, &serial(0), None, Limits { reads: 1_000_000, items: 150 }).unwrap();
    assert_eq!((whole.truncated, whole.events.len()), (Some(Truncated::Items), 150));
    let whole = walk::history(&mut memory, &serial(0), None, Limits { reads: 300, items: 1_000 }).unwrap();
    assert_eq!(whole.truncated, Some(Truncated::Reads));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn pages_of_any_size_make_up_the_history(
        world in prop::collection::vec((0..4u8, 0..4usize, 0..20i64), 1..60),
        size in 1..12usize,
        before in any::<prop::sample::Index>(),
    ) {
        let mut memory = Memory::default();
        let before = before.index(world.len());
        for (n, (kind, which, ms)) in world.iter().take(before).enumerate() {
            put(&mut memory, &event(n, *kind, *which, *ms));
        }
        let position = count(&mut memory).unwrap();
        let then = sorted(walk::history(&mut memory, &serial(0), None, Limits::default()).unwrap());
        for (n, (kind, which, ms)) in world.iter().enumerate().skip(before) {
            put(&mut memory, &event(n, *kind, *which, *ms));
        }
        let (joined, _) = paged(&mut memory, position, size, |_, _| ());
        prop_assert_eq!(joined, then);
    }
}
