//! The timers of a view (P5.9): when to give up waiting for its leader, and when for its certificate.
//!
//! Both begin when a block becomes due. They are four times the smoothed measured delay, at least
//! the chain's `view_timeout_ms`, doubled with every view that failed since the last final block,
//! at most `view_timeout_max_ms`.

use crate::limits::GROWTH_SHIFT_MAX;
use countersign_types::{Parameters, TimestampMs};

/// Smoothed delays count this many times.
const MARGIN: u64 = 4;
/// A new measurement counts one part in so many.
const SMOOTHING: u64 = 8;

#[derive(Debug, Clone)]
pub(crate) struct Pacemaker {
    timeout_min: u64,
    timeout_max: u64,
    /// When the view was entered.
    pub(crate) entered_at: TimestampMs,
    /// Since when a block is due in it.
    pub(crate) due_since: Option<TimestampMs>,
    /// Views that failed since the last final block.
    pub(crate) failures: u32,
    proposal_delay: u64,
    certificate_delay: u64,
}

impl Pacemaker {
    pub(crate) fn new(parameters: &Parameters) -> Self {
        Self {
            timeout_min: parameters.view_timeout_ms,
            timeout_max: parameters.view_timeout_max_ms,
            entered_at: TimestampMs::ZERO,
            due_since: None,
            failures: 0,
            proposal_delay: 0,
            certificate_delay: 0,
        }
    }

    /// Begins a view.
    pub(crate) fn enter(&mut self, now: TimestampMs) {
        self.entered_at = now;
        self.due_since = None;
    }

    /// A block became due, or is no longer.
    pub(crate) fn set_due(&mut self, due: bool, now: TimestampMs) {
        self.due_since = if due { self.due_since.or(Some(now)) } else { None };
    }

    /// The proposal came while one was due.
    pub(crate) fn saw_proposal(&mut self, now: TimestampMs) {
        if let Some(since) = self.due_since {
            self.proposal_delay = smoothed(self.proposal_delay, now.since(since));
        }
    }

    /// The prepare certificate came so long after the proposal.
    pub(crate) fn saw_certificate(&mut self, delay: u64) {
        self.certificate_delay = smoothed(self.certificate_delay, delay);
    }

    /// Time after which a leader without proposal is given up.
    pub(crate) fn proposal_deadline(&self) -> Option<TimestampMs> {
        Some(self.due_since?.plus(self.timeout(self.proposal_delay)))
    }

    /// Time after which a view without prepare certificate is given up.
    pub(crate) fn certificate_deadline(&self) -> Option<TimestampMs> {
        Some(self.proposal_deadline()?.plus(self.timeout(self.certificate_delay)))
    }

    /// A bound of time grown with the failed views.
    pub(crate) fn grown(&self, milliseconds: u64) -> u64 {
        milliseconds.saturating_mul(1 << self.failures.min(GROWTH_SHIFT_MAX))
    }

    /// The clock was set back to `now`: nothing may lie ahead of it.
    pub(crate) fn clamp(&mut self, now: TimestampMs) {
        self.entered_at = self.entered_at.min(now);
        self.due_since = self.due_since.map(|since| since.min(now));
    }

    fn timeout(&self, delay: u64) -> u64 {
        self.grown(self.timeout_min.max(delay.saturating_mul(MARGIN))).min(self.timeout_max)
    }
}

/// Bounded above, so that one outlier cannot swell it for long.
fn smoothed(average: u64, measured: u64) -> u64 {
    (average.saturating_mul(SMOOTHING - 1).saturating_add(measured.min(60_000))) / SMOOTHING
}
