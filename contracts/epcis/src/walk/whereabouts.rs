//! Whereabouts: the last event that says something of a thing, such as where it is: its own, or one of a container that it
//! was in.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::history::concerns_contents;
use super::window::{Seen, Window};
use super::{Step, Walk};
use crate::answer::{LastSeen, Moment};
use crate::register::{Entry, Pos, Reader, Record, Role};

/// What an event says of a thing that it names, or that is in a container that it names.
pub(super) trait Sign: Clone {
    /// The event.
    fn pos(&self) -> Pos;

    /// What a valid event says, if it says it; `through` is the container.
    fn read<R: Reader>(
        walk: &mut Walk<'_, R>,
        pos: Pos,
        record: &Record,
        through: Option<&str>,
    ) -> Step<Option<Self>, R>;
}

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

impl Sign for Sighting {
    fn pos(&self) -> Pos {
        self.pos
    }

    fn read<R: Reader>(_: &mut Walk<'_, R>, pos: Pos, record: &Record, through: Option<&str>) -> Step<Option<Self>, R> {
        Ok(sighting(pos, record, through))
    }
}

/// What was said last of containers in windows: what many things share that were in one container together.
pub(super) struct Known<S>(BTreeMap<(String, Pos, Pos), Option<S>>);

impl<S> Default for Known<S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S: Sign> Known<S> {
    /// What is said of `id` last before `until`, of itself or of a container that it was in.
    pub(super) fn last<R: Reader>(&mut self, walk: &mut Walk<'_, R>, id: &str, until: Pos) -> Step<Option<S>, R> {
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

    /// What is said last of the container `id`, or of one that it was in, in a window.
    pub(super) fn of_container<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        id: &str,
        window: Window,
    ) -> Step<Option<S>, R> {
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
fn is_before(last: &Option<impl Sign>, end: Pos) -> bool {
    last.as_ref().is_none_or(|known| known.pos().next() < end)
}

/// Keeps the later one; of one event, what names the thing itself.
fn keep<S: Sign>(last: &mut Option<S>, other: Option<S>) {
    if let Some(other) = other
        && last.as_ref().is_none_or(|known| known.pos() < other.pos())
    {
        *last = Some(other);
    }
}

impl<R: Reader> Walk<'_, R> {
    /// Keeps the last entry of a log in a window that is of interest, valid, and says what is looked for.
    fn sighted<S: Sign>(
        &mut self,
        id: &str,
        window: Window,
        is_wanted: impl Fn(&Entry) -> bool,
        through: Option<&str>,
        last: &mut Option<S>,
    ) -> Step<(), R> {
        let log = self.log(id)?;
        let end = log.partition_point(|entry| entry.pos < window.to);
        for entry in log.get(..end).unwrap_or_default().iter().rev() {
            if entry.pos < window.from || last.as_ref().is_some_and(|known| known.pos() >= entry.pos) {
                break;
            }
            if is_wanted(entry)
                && let Some(record) = self.valid(entry.pos.sequence)?
                && let Some(said) = S::read(self, entry.pos, &record, through)?
            {
                *last = Some(said);
                break;
            }
        }
        Ok(())
    }

    /// The same for one event.
    fn sighted_at<S: Sign>(&mut self, pos: Option<Pos>, through: &str, last: &mut Option<S>) -> Step<(), R> {
        if let Some(pos) = pos
            && let Some(record) = self.valid(pos.sequence)?
        {
            let said = S::read(self, pos, &record, Some(through))?;
            keep(last, said);
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
