//! The period that a report is about.

use alloc::collections::BTreeMap;
use alloc::string::String;

use crate::time::{Time, utc};

/// From an instant on, up to and without another, in milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The beginning; none for all events before the end.
    pub from_ms: Option<i64>,
    /// The end; none for all events since the beginning.
    pub to_ms: Option<i64>,
}

impl Period {
    /// Whether it holds an instant.
    #[must_use]
    pub fn holds(self, at_ms: i64) -> bool {
        self.from_ms.is_none_or(|from| from <= at_ms) && self.to_ms.is_none_or(|to| at_ms < to)
    }

    /// Its ends by name, in UTC.
    pub(super) fn named(self) -> impl Iterator<Item = (&'static str, String)> {
        [("from", self.from_ms), ("to", self.to_ms)].into_iter().filter_map(|(name, ms)| Some((name, utc(ms?))))
    }

    /// The period of these ends; one that is no time is none.
    pub(super) fn read(ends: &BTreeMap<String, String>) -> Self {
        let ms = |name: &str| ends.get(name).and_then(|text| text.parse().ok()).map(|time: Time| time.ms());
        Self { from_ms: ms("from"), to_ms: ms("to") }
    }
}
