//! Catching up: taking certified blocks over from peers, one request at a time.
//!
//! Whatever a peer sends proves itself: a block counts only with a result certificate, and only if
//! executing it here gives that very result. A peer that answers wrongly or not at all is followed
//! by the next.

use crate::limits::SYNC_RETRY_MS;
use countersign_types::{Height, TimestampMs};

/// Where catching up stands.
#[derive(Debug, Default)]
pub struct CatchUp {
    target: Option<Height>,
    peer: u16,
    asked: Option<TimestampMs>,
}

impl CatchUp {
    /// Wants to reach a height that `peer` is known to have.
    pub fn want(&mut self, target: Height, peer: u16) {
        if self.target.is_none_or(|now| now < target) {
            self.target = Some(target);
            self.peer = peer;
        }
    }

    /// The height to reach, if blocks are being fetched.
    #[must_use]
    pub fn target(&self) -> Option<Height> {
        self.target
    }

    /// Whether blocks are being fetched.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.target.is_some()
    }

    /// When the next request is due.
    #[must_use]
    pub fn next_at(&self) -> Option<TimestampMs> {
        self.target.and(self.asked).map(|asked| asked.plus(SYNC_RETRY_MS))
    }

    /// The request to send now, if one is due: the peer and the first height wanted. `validators`
    /// is their number, `own` is not asked.
    pub fn due(&mut self, now: TimestampMs, tip: Height, validators: u16, own: Option<u16>) -> Option<(u16, Height)> {
        let target = self.target?;
        if tip >= target {
            self.target = None;
            self.asked = None;
            return None;
        }
        match self.asked {
            Some(asked) if now >= asked && now.since(asked) < SYNC_RETRY_MS => return None,
            Some(_) => self.peer = next_peer(self.peer, validators, own),
            None => {}
        }
        if Some(self.peer) == own {
            self.peer = next_peer(self.peer, validators, own);
        }
        self.asked = Some(now);
        Some((self.peer, tip.next()))
    }

    /// An answer came; the next request may go out at once, to the next peer if this one was of no
    /// use.
    pub fn answered(&mut self, useful: bool, validators: u16, own: Option<u16>) {
        self.asked = None;
        if !useful {
            self.peer = next_peer(self.peer, validators, own);
        }
    }

    /// Whether an answer of this peer is awaited.
    #[must_use]
    pub fn awaits(&self, peer: u16) -> bool {
        self.asked.is_some() && self.peer == peer
    }
}

fn next_peer(peer: u16, validators: u16, own: Option<u16>) -> u16 {
    let after = |peer: u16| if peer.saturating_add(1) >= validators { 0 } else { peer + 1 };
    let next = after(peer);
    if Some(next) == own { after(next) } else { next }
}
