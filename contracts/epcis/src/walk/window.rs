//! Window: a span in the order of events, and the memory of which were walked.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;

use super::thing::{Name, Things};
use crate::register::Pos;

/// From `from`, up to and without `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Window {
    pub(super) from: Pos,
    pub(super) to: Pos,
}

impl Window {
    /// All events.
    pub(super) const ALWAYS: Self = Self { from: Pos::START, to: Pos::END };

    /// The moment of one event.
    pub(super) fn at(pos: Pos) -> Self {
        Self { from: pos, to: pos.next() }
    }

    /// What both have; `None` if nothing.
    pub(super) fn meet(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (both.from < both.to).then_some(both)
    }

    pub(super) fn holds(self, pos: Pos) -> bool {
        self.from <= pos && pos < self.to
    }

    fn covers(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

/// The windows in which things were walked.
#[derive(Default)]
pub(super) struct Seen(BTreeMap<usize, Windows>);

/// The windows in which one thing was walked, of which there is one mostly.
struct Windows {
    first: Window,
    others: Vec<Window>,
}

impl Seen {
    /// Whether a thing was not yet walked in all of `window`; then it is from now on.
    pub(super) fn add(&mut self, name: &Name, window: Window) -> bool {
        match self.0.entry(name.number) {
            Entry::Vacant(new) => {
                new.insert(Windows { first: window, others: Vec::new() });
                true
            }
            Entry::Occupied(known) => known.into_mut().add(window),
        }
    }

    /// Whether a thing was walked in all of `window`.
    pub(super) fn knows(&self, name: &Name, window: Window) -> bool {
        self.0.get(&name.number).is_some_and(|windows| windows.cover(window))
    }

    /// Every thing walked, in the order of identifiers.
    pub(super) fn names(&self, things: &Things) -> Vec<Name> {
        let last = self.0.last_key_value().map_or(0, |(number, _)| number.saturating_add(1));
        let mut walked = alloc::vec![false; last];
        for number in self.0.keys() {
            if let Some(walked) = walked.get_mut(*number) {
                *walked = true;
            }
        }
        things.sorted(|number| walked.get(number).copied().unwrap_or(false))
    }
}

impl Windows {
    fn cover(&self, window: Window) -> bool {
        self.first.covers(window) || self.others.iter().any(|seen| seen.covers(window))
    }

    fn add(&mut self, window: Window) -> bool {
        if self.cover(window) {
            return false;
        }
        self.others.retain(|seen| !window.covers(*seen));
        if window.covers(self.first) {
            self.first = window;
        } else {
            self.others.push(window);
        }
        true
    }
}
