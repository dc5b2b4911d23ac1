//! Whereabouts: the last event that says something of a thing, such as where it is: its own, or one of a container that it
//! was in.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::history::concerns_contents;
use super::thing::Name;
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
        record: &Rc<Record>,
        through: Option<&Name>,
    ) -> Step<Option<Self>, R>;
}

/// An event that says where something is.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) pos: Pos,
    record: Rc<Record>,
    through: Option<Name>,
}

impl Sighting {
    /// The place: where things are afterwards, or else where it happened.
    pub(super) fn location(&self) -> Option<&str> {
        place(&self.record)
    }

    /// The organisation that says so.
    pub(super) fn recorded_by(&self) -> &str {
        self.record.organisation()
    }

    pub(super) fn last_seen(&self) -> Option<LastSeen> {
        Some(LastSeen {
            location: self.location()?.to_owned(),
            time: Moment(self.pos.time_ms),
            sequence: self.pos.sequence,
            recorded_by: self.recorded_by().to_owned(),
            through: self.through.as_ref().map(|name| String::from(&**name)),
        })
    }
}

impl Sign for Sighting {
    fn pos(&self) -> Pos {
        self.pos
    }

    fn read<R: Reader>(
        _: &mut Walk<'_, R>,
        pos: Pos,
        record: &Rc<Record>,
        through: Option<&Name>,
    ) -> Step<Option<Self>, R> {
        let said = || Self { pos, record: Rc::clone(record), through: through.cloned() };
        Ok(place(record).map(|_| said()))
    }
}

/// What was said last of containers in windows: what many things share that were in one container together.
pub(super) struct Known<S>(BTreeMap<(usize, Window), Option<S>>);

impl<S> Default for Known<S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S: Sign> Known<S> {
    /// What is said of a thing last before `until`, of itself or of a container that it was in.
    pub(super) fn last<R: Reader>(&mut self, walk: &mut Walk<'_, R>, name: &Name, until: Pos) -> Step<Option<S>, R> {
        let always = Window { from: Pos::START, to: until };
        let mut last = None;
        walk.sighted(name, always, |entry| !matches!(entry.role, Role::Lot), None, &mut last)?;
        for stay in walk.stays_of(name)?.iter() {
            let Some(within) = stay.window.meet(always) else { continue };
            walk.sighted_at(stay.emptied.filter(|pos| *pos < until), &stay.other, &mut last)?;
            if is_before(last.as_ref(), within.to) {
                let above = self.of_container(walk, &stay.other, within)?;
                keep(&mut last, above);
            }
        }
        Ok(last)
    }

    /// What is said last of a container, or of one that it was in, in a window.
    pub(super) fn of_container<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        name: &Name,
        window: Window,
    ) -> Step<Option<S>, R> {
        let key = (name.number, window);
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let mut last = None;
        let mut seen = Seen::default();
        let mut open = Vec::from([(name.clone(), window)]);
        while let Some((name, window)) = open.pop() {
            if !is_before(last.as_ref(), window.to) || !seen.add(&name, window) {
                continue;
            }
            walk.sighted(&name, window, concerns_contents, Some(&name), &mut last)?;
            for stay in walk.stays_of(&name)?.iter() {
                walk.sighted_at(stay.emptied.filter(|pos| window.holds(*pos)), &stay.other, &mut last)?;
                if let Some(within) = stay.window.meet(window) {
                    open.push((stay.other.clone(), within));
                }
            }
        }
        self.0.insert(key, last.clone());
        Ok(last)
    }
}

/// Whether something before `end` may be later than what is known.
fn is_before(last: Option<&impl Sign>, end: Pos) -> bool {
    last.is_none_or(|known| known.pos().next() < end)
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
        name: &Name,
        window: Window,
        is_wanted: impl Fn(&Entry) -> bool,
        through: Option<&Name>,
        last: &mut Option<S>,
    ) -> Step<(), R> {
        let log = self.log_of(name)?;
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
    fn sighted_at<S: Sign>(&mut self, pos: Option<Pos>, through: &Name, last: &mut Option<S>) -> Step<(), R> {
        if let Some(pos) = pos
            && let Some(record) = self.valid(pos.sequence)?
        {
            let said = S::read(self, pos, &record, Some(through))?;
            keep(last, said);
        }
        Ok(())
    }
}

fn place(record: &Record) -> Option<&str> {
    let place = record.event.location.as_ref().or(record.event.read_point.as_ref())?;
    Some(place.id.canonical())
}
