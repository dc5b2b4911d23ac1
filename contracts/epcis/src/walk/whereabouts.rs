//! Whereabouts: the last event that says where something is, its own or one of a container that it was in.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::history::concerns_contents;
use super::window::{Seen, Window};
use super::{Step, Walk};
use crate::answer::{LastSeen, Moment};
use crate::register::{Entry, Pos, Reader, Record, Role};

/// An event that says where something is.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) pos: Pos,
    pub(super) location: String,
    pub(super) recorded_by: String,
    pub(super) through: Option<String>,
}

impl Sighting {
    pub(super) fn last_seen(self) -> LastSeen {
        let Self { pos, location, recorded_by, through } = self;
        LastSeen { location, time: Moment(pos.time_ms), sequence: pos.sequence, recorded_by, through }
    }
}

/// Sightings of containers in windows: what many things share that were in one container together.
#[derive(Default)]
pub(super) struct Known(BTreeMap<(String, Pos, Pos), Option<Sighting>>);

impl Known {
    /// The last sighting of `id` before `until`, itself or in a container.
    pub(super) fn last<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        id: &str,
        until: Pos,
    ) -> Step<Option<Sighting>, R> {
        let always = Window { from: Pos::START, to: until };
        let mut last = None;
        walk.sighted(id, always, |entry| !matches!(entry.role, Role::Lot), None, &mut last)?;
        for stay in walk.stays(id)? {
            let Some(within) = stay.window.meet(always) else { continue };
            walk.sighted_at(stay.emptied.filter(|pos| *pos < until), &stay.other, &mut last)?;
            if is_before(&last, within.to) {
                let above = self.of_container(walk, &stay.other, within)?;
                keep(&mut last, above);
            }
        }
        Ok(last)
    }

    /// The last sighting of the container `id`, or of one that it was in, in a window.
    pub(super) fn of_container<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        id: &str,
        window: Window,
    ) -> Step<Option<Sighting>, R> {
        let key = (id.to_owned(), window.from, window.to);
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let mut last = None;
        let mut seen = Seen::default();
        let mut open = Vec::from([(id.to_owned(), window)]);
        while let Some((id, window)) = open.pop() {
            if !is_before(&last, window.to) || !seen.add(&id, window) {
                continue;
            }
            walk.sighted(&id, window, concerns_contents, Some(&id), &mut last)?;
            for stay in walk.stays(&id)? {
                walk.sighted_at(stay.emptied.filter(|pos| window.holds(*pos)), &stay.other, &mut last)?;
                if let Some(within) = stay.window.meet(window) {
                    open.push((stay.other, within));
                }
            }
        }
        self.0.insert(key, last.clone());
        Ok(last)
    }
}

/// Whether something before `end` may be later than what is known.
fn is_before(last: &Option<Sighting>, end: Pos) -> bool {
    last.as_ref().is_none_or(|known| known.pos.next() < end)
}

/// Keeps the later one; of one event, what names the thing itself.
fn keep(last: &mut Option<Sighting>, other: Option<Sighting>) {
    if let Some(other) = other
        && last.as_ref().is_none_or(|known| known.pos < other.pos)
    {
        *last = Some(other);
    }
}

impl<R: Reader> Walk<'_, R> {
    /// Keeps the last entry of a log in a window that is of interest, valid, and says a place.
    fn sighted(
        &mut self,
        id: &str,
        window: Window,
        is_wanted: impl Fn(&Entry) -> bool,
        through: Option<&str>,
        last: &mut Option<Sighting>,
    ) -> Step<(), R> {
        let log = self.log(id)?;
        let end = log.partition_point(|entry| entry.pos < window.to);
        for entry in log.get(..end).unwrap_or_default().iter().rev() {
            if entry.pos < window.from || last.as_ref().is_some_and(|known| known.pos >= entry.pos) {
                break;
            }
            if is_wanted(entry)
                && let Some(record) = self.valid(entry.pos.sequence)?
                && let Some(sighting) = sighting(entry.pos, &record, through)
            {
                *last = Some(sighting);
                break;
            }
        }
        Ok(())
    }

    /// The same for one event.
    fn sighted_at(&mut self, pos: Option<Pos>, through: &str, last: &mut Option<Sighting>) -> Step<(), R> {
        if let Some(pos) = pos
            && let Some(record) = self.valid(pos.sequence)?
        {
            keep(last, sighting(pos, &record, Some(through)));
        }
        Ok(())
    }
}

fn sighting(pos: Pos, record: &Record, through: Option<&str>) -> Option<Sighting> {
    let event = &record.event;
    let place = event.location.as_ref().or(event.read_point.as_ref())?;
    Some(Sighting {
        pos,
        location: place.id.canonical().to_owned(),
        recorded_by: record.organisation().to_owned(),
        through: through.map(ToOwned::to_owned),
    })
}
