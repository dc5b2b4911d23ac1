//! What the listener counts about itself.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Something that happened to a connection or a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListenerEvent {
    /// A connection was accepted.
    Accepted,
    /// A connection was closed at once: no slot, and none that could be freed.
    Refused,
    /// An idle connection gave way to a new one.
    Evicted,
    /// A request reached its handler.
    Request,
    /// Headers, body, answer or the next request came too slowly.
    TimedOut,
    /// A body was too large, alone or with all others.
    TooLarge,
    /// A handler did not answer in time.
    Overdue,
    /// The host or origin was not ours.
    ForeignHost,
}

impl ListenerEvent {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Accepted,
        Self::Refused,
        Self::Evicted,
        Self::Request,
        Self::TimedOut,
        Self::TooLarge,
        Self::Overdue,
        Self::ForeignHost,
    ];

    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Evicted => "evicted",
            Self::Request => "request",
            Self::TimedOut => "timed_out",
            Self::TooLarge => "too_large",
            Self::Overdue => "overdue",
            Self::ForeignHost => "foreign_host",
        }
    }
}

/// Counters since the start.
#[derive(Debug, Default)]
pub struct ListenerCounters([AtomicU64; ListenerEvent::ALL.len()]);

impl ListenerCounters {
    pub(super) fn count(&self, event: ListenerEvent) {
        if let Some(counter) = self.0.get(event as usize) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// How often `event` happened.
    #[must_use]
    pub fn total(&self, event: ListenerEvent) -> u64 {
        self.0.get(event as usize).map_or(0, |counter| counter.load(Relaxed))
    }
}
