//! History: the events that name an item, and those that name a container of it while it was in it.
//!
//! Events that only put other things into a container or take them out are skipped. The event that empties
//! the container is the item's too, although it names nothing but the container.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::window::{Seen, Window};
use super::{Step, Walk};
use crate::answer::{self, After, Anomaly, HistoryPage, Truncated};
use crate::event::Action;
use crate::identifier::Identifier;
use crate::register::{Entry, Pos, Reader, Record, Role, key};

/// Events by position, with the container each was found through.
pub(super) type Found = BTreeMap<Pos, Option<String>>;

/// The answer for `item`.
pub(super) fn history<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier) -> Step<answer::History, R> {
    let HistoryPage { mut history, next } = page(walk, item, None)?;
    if next.is_some() {
        // What there was no time or no room for.
        history.truncated.get_or_insert(if walk.is_spent() { Truncated::Reads } else { Truncated::Items });
    }
    Ok(history)
}

/// The events of `item` after a position, as many as may be listed, and where to go on. What the walk could not find
/// is said on every page; what it only could not list comes with the next one.
pub(super) fn page<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier, after: Option<Pos>) -> Step<HistoryPage, R> {
    let id = item.canonical();
    let found = events(walk, id)?;
    let mut truncated = walk.truncated.take();
    let (mut listed, mut last, mut is_whole): (Vec<answer::Step>, Option<Pos>, bool) = (Vec::new(), None, true);
    for (pos, through) in found.range(after.map_or(Pos::START, Pos::next)..) {
        let record = walk.valid(pos.sequence)?;
        if record.is_none() && !walk.is_spent() {
            continue;
        }
        let Some(record) = record.filter(|_| listed.len() < walk.limits.items) else {
            is_whole = false;
            break;
        };
        listed.push(step(*pos, &record, through.clone()));
        last = Some(*pos);
    }
    let next = last.filter(|_| !is_whole);
    if !is_whole && next.is_none() {
        truncated = truncated.or(Some(Truncated::Reads));
    }
    walk.truncated = None;
    let listed_here: BTreeSet<u64> = listed.iter().map(|step| step.sequence).collect();
    let others: BTreeSet<u64> = found.keys().map(|pos| pos.sequence).filter(|at| !listed_here.contains(at)).collect();
    let anomalies = anomalies(walk, id, |Anomaly { sequence, .. }| {
        listed_here.contains(sequence) || (next.is_none() && !others.contains(sequence))
    })?;
    let history = answer::History {
        item: id.to_owned(),
        position: walk.position,
        locations: locations(&listed),
        events: listed,
        anomalies,
        truncated: truncated.or(walk.truncated),
    };
    Ok(HistoryPage { history, next: next.map(|Pos { time_ms, sequence }| After { time_ms, sequence }) })
}

/// The places of events, in the order they were first visited.
fn locations(events: &[answer::Step]) -> Vec<String> {
    let mut locations: Vec<String> = Vec::new();
    for place in events.iter().flat_map(|event| [&event.read_point, &event.location]).flatten() {
        if !locations.contains(place) {
            locations.push(place.clone());
        }
    }
    locations
}

/// What valid records broke for `id`, of those that are wanted.
fn anomalies<R: Reader>(
    walk: &mut Walk<'_, R>,
    id: &str,
    is_wanted: impl Fn(&Anomaly) -> bool,
) -> Step<Vec<Anomaly>, R> {
    let key = key::anomalies(id, |bytes| walk.reader.digest(bytes));
    let mut anomalies = Vec::new();
    for anomaly in walk.entries::<Anomaly>(&key, |anomaly| anomaly.sequence)? {
        if is_wanted(&anomaly) && walk.valid(anomaly.sequence)?.is_some() && walk.room(anomalies.len()) {
            anomalies.push(anomaly);
        }
    }
    Ok(anomalies)
}

/// The events of `id` and of its containers while it was in them; void ones may be among them.
pub(super) fn events<R: Reader>(walk: &mut Walk<'_, R>, id: &str) -> Step<Found, R> {
    let mut found = Found::new();
    let name = walk.things.name(id);
    for entry in walk.log_of(&name)?.iter().filter(|entry| entry.role != Role::Lot) {
        found.insert(entry.pos, None);
    }
    let mut seen = Seen::default();
    let mut open = Vec::from([(name, Window::ALWAYS)]);
    while let Some((child, window)) = open.pop() {
        for stay in walk.stays_of(&child)?.iter() {
            let Some(within) = stay.window.meet(window) else { continue };
            let through = || Some(String::from(&*stay.other));
            if let Some(pos) = stay.emptied.filter(|pos| window.holds(*pos)) {
                found.entry(pos).or_insert_with(through);
            }
            if !seen.add(&stay.other, within) {
                continue;
            }
            for entry in walk.log_of(&stay.other)?.iter() {
                if within.holds(entry.pos) && concerns_contents(entry) {
                    found.entry(entry.pos).or_insert_with(through);
                }
            }
            open.push((stay.other.clone(), within));
        }
    }
    Ok(found)
}

/// Whether an event in a container's log says something of all that is in it.
pub(super) fn concerns_contents(entry: &Entry) -> bool {
    match entry.role {
        // Those that name the child are in the child's own log.
        Role::Parent(_, Action::Add | Action::Delete) => false,
        // Found by the stays that it ends.
        Role::Emptied(_) | Role::Lot | Role::Reference => false,
        _ => true,
    }
}

fn step(pos: Pos, record: &Record, through: Option<String>) -> answer::Step {
    let event = &record.event;
    let place = |place: &Option<crate::event::Place>| place.as_ref().map(|place| place.id.canonical().to_owned());
    answer::Step {
        sequence: pos.sequence,
        event_id: event.event_id.clone(),
        hash: record.hash,
        time_ms: pos.time_ms,
        kind: event.what.type_name().to_string(),
        action: event.what.action().map_or("", Action::word).to_string(),
        step: event.step_word().to_string(),
        disposition: event.disposition.as_ref().map_or("", |term| term.word()).to_string(),
        read_point: place(&event.read_point),
        location: place(&event.location),
        through,
        submitter: record.submitter.clone(),
        height: record.height,
        recorded_ms: record.time_ms,
    }
}
