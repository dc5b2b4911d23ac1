//! Healing: bringing again what the state of a ledger has lost, from peers, while no replica uses it.
//!
//! A survey of the ledger ([`countersign_ledger::Ledger::survey`]) says which subtrees cannot be read, and by the tree above them
//! what they hash to. Peers are asked for them, one after the other, many at once; what comes counts if it has that hash, whoever sent it and
//! whatever height it is of. So a peer that lies changes nothing, and one whose state has gone on can still help with all that
//! stayed the same since. What nobody has is given up, and must come from the node's own blocks or a snapshot.
//!
//! As for the replica, facts and the time go in and orders come out; the ledger, sockets and clocks are the shell's.

use crate::limits::{HEAL_PATIENCE_MS, STATE_PLACES_MAX, SYNC_RETRY_MS};
use countersign_ledger::snapshot::{Place, StatePiece};
use countersign_types::{Hash, Height, TimestampMs};
use std::collections::BTreeSet;

/// A place of the state tree, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct StatePlace {
    /// A path that leads there.
    pub prefix: Hash,
    /// How many of its bits do.
    pub depth: u16,
}

impl StatePlace {
    fn of(place: &Place) -> Self {
        Self { prefix: place.prefix, depth: u16::try_from(place.depth).unwrap_or(u16::MAX) }
    }
}

/// A fact for the healer.
#[derive(Debug, Clone)]
pub enum HealFact {
    /// Time has passed.
    Tick,
    /// A peer can be asked.
    Connected {
        /// Its index.
        peer: u16,
    },
    /// It no longer can.
    Disconnected {
        /// Its index.
        peer: u16,
    },
    /// What a peer has of the places that it was asked for, in their order; it may have left the last ones out.
    State {
        /// Its index.
        peer: u16,
        /// All entries below each place; none if it does not have them.
        pieces: Vec<Option<StatePiece>>,
    },
}

/// An order of the healer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealOrder {
    /// Ask a peer for places, as they were after a height or are now.
    Ask {
        /// Its index.
        peer: u16,
        /// The height.
        height: Height,
        /// The places.
        places: Vec<StatePlace>,
    },
    /// Store these anew; they hash to what is lost.
    Mend(Vec<(Place, StatePiece)>),
    /// Nothing is lost any more.
    Done,
    /// Nobody has the rest.
    GiveUp {
        /// How many places that is.
        places: usize,
    },
    /// Call again with [`HealFact::Tick`] at this time at the latest.
    WakeAt(TimestampMs),
}

/// What is lost, and who was asked for it.
#[derive(Debug)]
pub struct Heal {
    height: Height,
    /// How many peers there are.
    others: usize,
    lost: Vec<Lost>,
    connected: BTreeSet<u16>,
    asked: Option<Asked>,
    /// Who was asked last.
    last: u16,
    /// When something came last, or it all began.
    since: Option<TimestampMs>,
    over: bool,
}

#[derive(Debug)]
struct Lost {
    place: Place,
    /// Who has not got it.
    without: BTreeSet<u16>,
}

#[derive(Debug)]
struct Asked {
    peer: u16,
    places: Vec<Place>,
    at: TimestampMs,
}

impl Heal {
    /// For what a ledger at a height has lost, with so many peers.
    #[must_use]
    pub fn new(height: Height, lost: Vec<Place>, others: usize) -> Self {
        let lost = lost.into_iter().map(|place| Lost { place, without: BTreeSet::new() }).collect();
        Self { height, others, lost, connected: BTreeSet::new(), asked: None, last: 0, since: None, over: false }
    }

    /// Takes a fact, answers orders. After [`HealOrder::Done`] or [`HealOrder::GiveUp`] it answers nothing any more.
    #[must_use]
    pub fn handle(&mut self, now: TimestampMs, fact: HealFact) -> Vec<HealOrder> {
        if self.over {
            return Vec::new();
        }
        let mut orders = Vec::new();
        self.since.get_or_insert(now);
        match fact {
            HealFact::Tick => {}
            HealFact::Connected { peer } => {
                self.connected.insert(peer);
            }
            HealFact::Disconnected { peer } => {
                self.connected.remove(&peer);
                self.asked.take_if(|asked| asked.peer == peer);
            }
            HealFact::State { peer, pieces } => {
                if let Some(asked) = self.asked.take_if(|asked| asked.peer == peer) {
                    orders.extend(self.take(now, &asked, pieces));
                }
            }
        }
        self.asked.take_if(|asked| now.since(asked.at) >= SYNC_RETRY_MS);
        orders.extend(self.next(now));
        orders
    }

    /// Sorts an answer: what is right is mended, for the rest others are asked.
    fn take(&mut self, now: TimestampMs, asked: &Asked, pieces: Vec<Option<StatePiece>>) -> Option<HealOrder> {
        let mut mended: Vec<(Place, StatePiece)> = Vec::new();
        for (place, piece) in asked.places.iter().zip(pieces) {
            match piece.filter(|piece| piece.check(place).is_ok()) {
                Some(piece) => mended.push((*place, piece)),
                None => {
                    if let Some(lost) = self.lost.iter_mut().find(|lost| lost.place == *place) {
                        lost.without.insert(asked.peer);
                    }
                }
            }
        }
        if mended.is_empty() {
            return None;
        }
        self.since = Some(now);
        self.lost.retain(|lost| mended.iter().all(|(place, _)| *place != lost.place));
        Some(HealOrder::Mend(mended))
    }

    /// What is to be done now, and when to look again.
    fn next(&mut self, now: TimestampMs) -> Vec<HealOrder> {
        let since = self.since.unwrap_or(now);
        // Each place was asked of every peer in vain.
        let is_vain = self.lost.iter().all(|lost| lost.without.len() >= self.others);
        if self.lost.is_empty() {
            self.over = true;
            return vec![HealOrder::Done];
        }
        if is_vain || now.since(since) >= HEAL_PATIENCE_MS {
            self.over = true;
            return vec![HealOrder::GiveUp { places: self.lost.len() }];
        }
        let mut orders = Vec::new();
        if self.asked.is_none()
            && let Some(peer) = self.whom()
        {
            let of_peer = self.lost.iter().filter(|lost| !lost.without.contains(&peer));
            let places: Vec<Place> = of_peer.map(|lost| lost.place).take(STATE_PLACES_MAX).collect();
            let named = places.iter().map(StatePlace::of).collect();
            orders.push(HealOrder::Ask { peer, height: self.height, places: named });
            (self.last, self.asked) = (peer, Some(Asked { peer, places, at: now }));
        }
        let late = self.asked.as_ref().map(|asked| asked.at.plus(SYNC_RETRY_MS));
        let patience = since.plus(HEAL_PATIENCE_MS);
        orders.push(HealOrder::WakeAt(late.map_or(patience, |late| late.min(patience))));
        orders
    }

    /// The peer to ask next: the one after the last that may have something.
    fn whom(&self) -> Option<u16> {
        let may = |peer: &&u16| self.lost.iter().any(|lost| !lost.without.contains(*peer));
        let after = self.connected.range(self.last.saturating_add(1)..);
        after.chain(&self.connected).find(may).copied()
    }
}
