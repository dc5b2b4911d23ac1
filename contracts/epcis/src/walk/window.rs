//! Window: a span in the order of events, and the memory of which were walked.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::register::Pos;

/// From `from`, up to and without `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The windows in which identifiers were walked.
#[derive(Default)]
pub(super) struct Seen(BTreeMap<String, Vec<Window>>);

impl Seen {
    /// Whether `id` was not yet walked in all of `window`; then it is from now on.
    pub(super) fn add(&mut self, id: &str, window: Window) -> bool {
        let windows = self.0.entry(id.to_owned()).or_default();
        if windows.iter().any(|seen| seen.covers(window)) {
            return false;
        }
        windows.retain(|seen| !window.covers(*seen));
        windows.push(window);
        true
    }

    /// Whether `id` was walked in all of `window`.
    pub(super) fn knows(&self, id: &str, window: Window) -> bool {
        self.0.get(id).is_some_and(|windows| windows.iter().any(|seen| seen.covers(window)))
    }

    /// Every identifier walked, in order.
    pub(super) fn into_ids(self) -> impl Iterator<Item = String> {
        self.0.into_keys()
    }
}
