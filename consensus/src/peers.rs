//! What is remembered of each validator: when it was last heard, how often it was helped, and how much work it
//! has wasted.

use crate::limits::{BLOCKS_SERVED_MAX, WASTED_CHECK_MS, WASTED_CHECKS_MAX};
use countersign_types::{TimestampMs, View};

/// Views that a validator may be silent before its turns to lead get no time: one round of turns,
/// from 4 to 10.
const SILENT_VIEWS_MIN: u64 = 4;
const SILENT_VIEWS_MAX: u64 = 10;

/// Turns in a row that come to nothing before a leader's next ones get no time: one is bad luck.
const STRIKES_MIN: u32 = 2;
/// At most 2^6 turns get no time before the leader is tried again: among four validators 256 views, in which a try
/// that costs two timeouts of a second hurts little.
const RESTING_SHIFT_MAX: u32 = 6;

#[derive(Debug, Clone)]
struct Peer {
    /// When it last spoke, if it ever did since the start.
    heard: Option<TimestampMs>,
    active: View,
    answer_at: TimestampMs,
    query_at: TimestampMs,
    vouch_at: TimestampMs,
    /// Blocks served since then.
    served_since: TimestampMs,
    served: u32,
    /// Signature checks in vain that are not forgiven yet, as of then.
    wasted: u64,
    wasted_at: TimestampMs,
    /// Its last turns to lead that came to nothing while the network was well, in a row.
    strikes: u32,
    /// Of its next turns, how many get no time.
    resting: u32,
}

/// The validators by index.
#[derive(Debug, Clone)]
pub(crate) struct Peers {
    own: Option<u16>,
    peers: Vec<Peer>,
}

impl Peers {
    /// Everybody counts as active in the view of the start.
    pub(crate) fn new(count: u16, own: Option<u16>, view: View) -> Self {
        let never = TimestampMs::ZERO;
        let peer = Peer {
            heard: None,
            active: view,
            answer_at: never,
            query_at: never,
            vouch_at: never,
            served_since: never,
            served: 0,
            wasted: 0,
            wasted_at: never,
            strikes: 0,
            resting: 0,
        };
        Self { own, peers: vec![peer; usize::from(count)] }
    }

    fn patience(&self) -> u64 {
        (self.peers.len() as u64).clamp(SILENT_VIEWS_MIN, SILENT_VIEWS_MAX)
    }

    /// A peer spoke.
    pub(crate) fn met(&mut self, from: u16, now: TimestampMs) {
        if let Some(peer) = self.peers.get_mut(usize::from(from)) {
            peer.heard = Some(now);
        }
    }

    /// A peer spoke about a view; only recent ones show that it takes part.
    pub(crate) fn heard(&mut self, from: u16, about: View, current: View) {
        let patience = self.patience();
        if let Some(peer) = self.peers.get_mut(usize::from(from))
            && about.plus(patience) >= current
        {
            peer.active = peer.active.max(about.min(current));
        }
    }

    /// Peers heard since the start.
    pub(crate) fn heard_count(&self) -> usize {
        self.peers.iter().filter(|peer| peer.heard.is_some()).count()
    }

    /// When each one last spoke, by index.
    pub(crate) fn heard_at(&self) -> Vec<Option<TimestampMs>> {
        self.peers.iter().map(|peer| peer.heard).collect()
    }

    /// Validators active in recent views, this one included.
    pub(crate) fn active(&self, current: View) -> Vec<u16> {
        let patience = self.patience();
        self.peers
            .iter()
            .zip(0u16..)
            .filter(|(peer, index)| Some(*index) == self.own || peer.active.plus(patience) >= current)
            .map(|(_, index)| index)
            .collect()
    }

    /// Whether a validator has been silent in recent views while a quorum was not.
    pub(crate) fn is_silent(&self, index: u16, current: View, quorum: usize) -> bool {
        let active = self.active(current);
        !active.contains(&index) && active.len() >= quorum
    }

    /// P5.11: whether a leader's turns get no time because those before came to nothing.
    pub(crate) fn is_resting(&self, leader: u16) -> bool {
        self.peers.get(usize::from(leader)).is_some_and(|peer| peer.resting > 0)
    }

    /// P5.11: a turn came to nothing. It is the leader's doing only if the network is well otherwise.
    pub(crate) fn turn_failed(&mut self, leader: u16, is_well: bool) {
        let Some(peer) = self.peers.get_mut(usize::from(leader)) else { return };
        if peer.resting > 0 {
            peer.resting -= 1;
        } else if is_well {
            peer.strikes = peer.strikes.saturating_add(1);
            let doublings = peer.strikes.checked_sub(STRIKES_MIN);
            peer.resting = doublings.map_or(0, |times| 1 << times.min(RESTING_SHIFT_MAX));
        }
    }

    /// P5.11: a leader's block was certified.
    pub(crate) fn turn_succeeded(&mut self, leader: u16) {
        if let Some(peer) = self.peers.get_mut(usize::from(leader)) {
            peer.strikes = 0;
            peer.resting = 0;
        }
    }

    /// Whether a peer may be sent certificates again, and if so not before `interval` has passed.
    pub(crate) fn may_answer(&mut self, peer: u16, now: TimestampMs, interval: u64) -> bool {
        self.peers.get_mut(usize::from(peer)).is_some_and(|peer| passes(&mut peer.answer_at, now, interval))
    }

    /// Whether a peer that is further may be asked again.
    pub(crate) fn may_query(&mut self, peer: u16, now: TimestampMs, interval: u64) -> bool {
        self.peers.get_mut(usize::from(peer)).is_some_and(|peer| passes(&mut peer.query_at, now, interval))
    }

    /// Whether a recovering peer may be answered again.
    pub(crate) fn may_vouch(&mut self, peer: u16, now: TimestampMs, interval: u64) -> bool {
        self.peers.get_mut(usize::from(peer)).is_some_and(|peer| passes(&mut peer.vouch_at, now, interval))
    }

    /// Whether a peer may be served one more block: a bounded number in each interval.
    pub(crate) fn may_serve(&mut self, peer: u16, now: TimestampMs, interval: u64) -> bool {
        let Some(peer) = self.peers.get_mut(usize::from(peer)) else { return false };
        if now >= peer.served_since.plus(interval) || now < peer.served_since {
            peer.served_since = now;
            peer.served = 0;
        }
        peer.served = peer.served.saturating_add(1);
        peer.served <= BLOCKS_SERVED_MAX
    }

    /// P0.7: a peer made this validator check signatures in vain.
    pub(crate) fn wasted(&mut self, peer: u16, checks: usize, now: TimestampMs) {
        let Some(peer) = self.peers.get_mut(usize::from(peer)) else { return };
        peer.forgive(now);
        let checks = u64::try_from(checks).unwrap_or(u64::MAX).max(1);
        peer.wasted = peer.wasted.saturating_add(checks).min(2 * WASTED_CHECKS_MAX);
    }

    /// P0.7: whether a peer's messages are looked at now.
    pub(crate) fn may_speak(&mut self, peer: u16, now: TimestampMs) -> bool {
        let Some(peer) = self.peers.get_mut(usize::from(peer)) else { return false };
        peer.forgive(now);
        peer.wasted < WASTED_CHECKS_MAX
    }

    /// The clock was set back: nothing waits longer than one interval.
    pub(crate) fn clamp(&mut self, now: TimestampMs, interval: u64) {
        for peer in &mut self.peers {
            peer.answer_at = peer.answer_at.min(now.plus(interval));
            peer.query_at = peer.query_at.min(now.plus(interval));
            peer.vouch_at = peer.vouch_at.min(now.plus(interval));
            peer.wasted_at = peer.wasted_at.min(now);
        }
    }
}

impl Peer {
    fn forgive(&mut self, now: TimestampMs) {
        let forgiven = now.since(self.wasted_at) / WASTED_CHECK_MS;
        self.wasted = self.wasted.saturating_sub(forgiven);
        self.wasted_at = self.wasted_at.plus(forgiven.saturating_mul(WASTED_CHECK_MS));
    }
}

fn passes(next_at: &mut TimestampMs, now: TimestampMs, interval: u64) -> bool {
    let passes = now >= *next_at;
    if passes {
        *next_at = now.plus(interval);
    }
    passes
}
