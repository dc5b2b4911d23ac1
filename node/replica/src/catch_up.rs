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
    useless: u16,
}

impl CatchUp {
    /// Wants to reach a height that `peer` claims to have. An answer that is awaited still counts.
    pub fn want(&mut self, target: Height, peer: u16) {
        if self.target.is_none_or(|now| now < target) {
            self.target = Some(target);
            if self.asked.is_none() {
                self.peer = peer;
            }
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

    /// The request to send now, if one is due: the peer and the first height wanted. `peers`
    /// is their number, `own` is not asked.
    pub fn due(&mut self, now: TimestampMs, tip: Height, peers: u16, own: Option<u16>) -> Option<(u16, Height)> {
        let target = self.target?;
        if tip >= target {
            self.target = None;
            self.asked = None;
            return None;
        }
        match self.asked {
            Some(asked) if now >= asked && now.since(asked) < SYNC_RETRY_MS => return None,
            Some(_) => self.peer = next_peer(self.peer, peers, own),
            None => {}
        }
        if Some(self.peer) == own {
            self.peer = next_peer(self.peer, peers, own);
        }
        self.asked = Some(now);
        Some((self.peer, tip.next()))
    }

    /// An answer came. After a useful one the next request may go out at once; after a useless one
    /// the next peer is asked when it is time to ask again, and once as many answers in a row as
    /// there are peers were useless, the target was a lie and is dropped.
    pub fn answered(&mut self, useful: bool, peers: u16) {
        if useful {
            (self.asked, self.useless) = (None, 0);
            return;
        }
        self.useless = self.useless.saturating_add(1);
        if self.useless >= peers {
            *self = Self { peer: self.peer, ..Self::default() };
        }
    }

    /// Whether an answer of this peer is awaited.
    #[must_use]
    pub fn awaits(&self, peer: u16) -> bool {
        self.asked.is_some() && self.peer == peer
    }
}

fn next_peer(peer: u16, peers: u16, own: Option<u16>) -> u16 {
    let after = |peer: u16| if peer.saturating_add(1) >= peers { 0 } else { peer + 1 };
    let next = after(peer);
    if Some(next) == own { after(next) } else { next }
}
