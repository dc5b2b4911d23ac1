//! What is known of a peer that snapshots are fetched from.

use super::Offer;
use crate::limits::{PEER_AWAY_SHIFT_MAX, PIECE_RETRY_MS, PIECES_PER_PEER_MAX, SNAPSHOTS_OFFERED_MAX};
use countersign_types::{Hash, TimestampMs};

/// A connected peer that was not accused.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// What it offers, once it said so.
    pub(super) offers: Option<Vec<Offer>>,
    /// When it was last asked for its offers.
    pub(super) asked: Option<TimestampMs>,
    /// Requests that it did not answer.
    pub(super) flying: usize,
    /// How many more than one may fly to it: one for each answer in time.
    window: usize,
    /// Requests in a row that it did not answer in time.
    failures: u32,
    away_until: TimestampMs,
}

impl Peer {
    /// It said what it offers.
    pub(super) fn offered(&mut self, offers: Vec<Offer>) {
        self.offers = Some(offers.into_iter().take(SNAPSHOTS_OFFERED_MAX).collect());
    }

    /// Its offer of a snapshot.
    pub(super) fn offer(&self, snapshot: &Hash) -> Option<&Offer> {
        self.offers.iter().flatten().find(|offer| offer.snapshot == *snapshot)
    }

    /// It does not have a snapshot any more, or does not send it.
    pub(super) fn withdraw(&mut self, snapshot: &Hash) {
        self.offers.iter_mut().for_each(|offers| offers.retain(|offer| offer.snapshot != *snapshot));
    }

    /// Whether it answered everything so far.
    pub(super) fn is_reliable(&self) -> bool {
        self.failures == 0
    }

    /// Whether it can be asked for something now.
    pub(super) fn is_free(&self, now: TimestampMs) -> bool {
        self.away_until <= now && self.flying <= self.window
    }

    /// It answered in time.
    pub(super) fn answered(&mut self) {
        self.failures = 0;
        self.window = self.window.saturating_add(1).min(PIECES_PER_PEER_MAX.saturating_sub(1));
    }

    /// It did not answer in time, and is left alone for a while.
    pub(super) fn missed(&mut self, now: TimestampMs) {
        self.failures = self.failures.saturating_add(1);
        self.window = 0;
        self.away_until = now.plus(PIECE_RETRY_MS << self.failures.min(PEER_AWAY_SHIFT_MAX));
    }

    /// It was asked often enough for a moment.
    pub(super) fn pause(&mut self, until: TimestampMs) {
        self.away_until = until;
    }

    /// When it may be asked again.
    pub(super) fn back_at(&self) -> TimestampMs {
        self.away_until
    }
}
