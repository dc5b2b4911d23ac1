//! Catching up: taking certified blocks over from peers, one request at a time.
//!
//! Whatever a peer sends proves itself: a block counts only with a result certificate, and only if
//! executing it here gives that very result. A peer that answers wrongly or not at all is followed
//! by the next. Where peers say that they keep blocks only from a later height on, they are believed once more of them say so than
//! can be faulty: then this node cannot catch up block by block, and its operator is told.

use crate::limits::SYNC_RETRY_MS;
use countersign_types::{Height, TimestampMs};
use std::collections::BTreeMap;

/// Where catching up stands.
#[derive(Debug, Default)]
pub struct CatchUp {
    target: Option<Height>,
    peer: u16,
    asked: Option<TimestampMs>,
    useless: u16,
    /// Peers that do not keep the next block any more, and the first that they have.
    gone: BTreeMap<u16, Height>,
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
            self.gone.clear();
            return;
        }
        self.useless = self.useless.saturating_add(1);
        if self.useless >= peers {
            *self = Self { peer: self.peer, gone: std::mem::take(&mut self.gone), ..Self::default() };
        }
    }

    /// A peer does not keep the next block any more: the first that it has is this one.
    pub fn gone(&mut self, peer: u16, oldest: Height) {
        self.gone.insert(peer, oldest);
    }

    /// From where on peers keep blocks, if the next one is gone: `faulty_max` of those who say so may be wrong.
    #[must_use]
    pub fn peers_keep_from(&self, faulty_max: u16) -> Option<Height> {
        let mut oldest: Vec<Height> = self.gone.values().copied().collect();
        oldest.sort_unstable();
        oldest.get(usize::from(faulty_max)).copied()
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
