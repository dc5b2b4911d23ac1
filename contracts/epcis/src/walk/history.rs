//! History: the events that name an item, and those that name a container of it while it was in it.
//!
//! Events that only put other things into a container or take them out are skipped. The event that empties
//! the container is the item's too, although it names nothing but the container.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::window::{Seen, Window};
use super::{Step, Walk};
use crate::answer::{self, Anomaly};
use crate::event::Action;
use crate::identifier::Identifier;
use crate::register::{Entry, Pos, Reader, Record, Role, key};

/// Events by position, with the container each was found through.
pub(super) type Found = BTreeMap<Pos, Option<String>>;

/// The answer for `item`.
pub(super) fn history<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier) -> Step<answer::History, R> {
    let id = item.canonical();
    let found = events(walk, id)?;
    let mut events = Vec::new();
    let mut locations: Vec<String> = Vec::new();
    for (pos, through) in found {
        let Some(record) = walk.valid(pos.sequence)? else { continue };
        if !walk.room(events.len()) {
            break;
        }
        let event = &record.event;
        for place in [&event.read_point, &event.location].into_iter().flatten() {
            if !locations.iter().any(|known| known == place.id.canonical()) {
                locations.push(place.id.canonical().to_owned());
            }
        }
        events.push(step(pos, &record, through));
    }
    let anomalies = anomalies(walk, id, events.len())?;
    let truncated = walk.truncated;
    Ok(answer::History { item: id.to_owned(), position: walk.position, events, locations, anomalies, truncated })
}

/// What valid records broke for `id`, beside so many events listed.
fn anomalies<R: Reader>(walk: &mut Walk<'_, R>, id: &str, listed: usize) -> Step<Vec<Anomaly>, R> {
    let key = key::anomalies(id, |bytes| walk.reader.digest(bytes));
    let mut anomalies = Vec::new();
    for anomaly in walk.entries::<Anomaly>(&key, |anomaly| anomaly.sequence)? {
        if walk.valid(anomaly.sequence)?.is_some() && walk.room(listed + anomalies.len()) {
            anomalies.push(anomaly);
        }
    }
    Ok(anomalies)
}

/// The events of `id` and of its containers while it was in them; void ones may be among them.
pub(super) fn events<R: Reader>(walk: &mut Walk<'_, R>, id: &str) -> Step<Found, R> {
    let mut found = Found::new();
    for entry in walk.log(id)?.iter().filter(|entry| entry.role != Role::Lot) {
        found.insert(entry.pos, None);
    }
    let mut seen = Seen::default();
    let mut open = Vec::from([(id.to_owned(), Window::ALWAYS)]);
    while let Some((child, window)) = open.pop() {
        for stay in walk.stays(&child)? {
            let Some(within) = stay.window.meet(window) else { continue };
            if let Some(pos) = stay.emptied.filter(|pos| window.holds(*pos)) {
                found.entry(pos).or_insert_with(|| Some(stay.other.clone()));
            }
            if !seen.add(&stay.other, within) {
                continue;
            }
            for entry in walk.log(&stay.other)?.iter() {
                if within.holds(entry.pos) && concerns_contents(entry) {
                    found.entry(entry.pos).or_insert_with(|| Some(stay.other.clone()));
                }
            }
            open.push((stay.other, within));
        }
    }
    Ok(found)
}

/// Whether an event in a container's log says something of all that is in it.
fn concerns_contents(entry: &Entry) -> bool {
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
