//! Healing: bringing again what the state and the logs of a ledger have lost, from peers, while no replica uses it.
//!
//! A survey of the ledger ([`countersign_ledger::Ledger::survey`]) says which subtrees cannot be read, and by the tree above them
//! what they hash to. Peers are asked for them, one after the other, many at once; what comes counts if it has that hash, whoever sent it and
//! whatever height it is of. So a peer that lies changes nothing, and one whose state has gone on can still help with all that
//! stayed the same since. Runs of records of logs ([`countersign_ledger::Ledger::survey_logs`]) prove themselves against the log's range in the
//! state, whatever was appended since. What nobody has is given up, and must come from the node's own blocks or a snapshot.
//!
//! As for the replica, facts and the time go in and orders come out; the ledger, sockets and clocks are the shell's.

use crate::limits::{HEAL_PATIENCE_MS, STATE_PLACES_MAX, SYNC_RETRY_MS};
use countersign_ledger::snapshot::{Place, StatePiece};
use countersign_ledger::{LogRun, LostRun};
use countersign_types::{Hash, TimestampMs};
use std::collections::BTreeSet;

/// Something that a ledger has lost.
pub trait Lost: Clone + PartialEq {
    /// What it is mended by.
    type Found;
    /// How much is asked for at once.
    const AT_ONCE: usize;

    /// Whether this is what was lost.
    fn is(&self, found: &Self::Found) -> bool;
}

impl Lost for Place {
    type Found = StatePiece;
    const AT_ONCE: usize = STATE_PLACES_MAX;

    fn is(&self, found: &StatePiece) -> bool {
        found.check(self).is_ok()
    }
}

impl Lost for LostRun {
    type Found = LogRun;
    const AT_ONCE: usize = 1;

    fn is(&self, found: &LogRun) -> bool {
        self.check(found)
    }
}

/// A place of the state tree, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct StatePlace {
    /// A path that leads there.
    pub prefix: Hash,
    /// How many of its bits do.
    pub depth: u16,
}

impl StatePlace {
    /// The place in a message.
    #[must_use]
    pub fn of(place: &Place) -> Self {
        Self { prefix: place.prefix, depth: u16::try_from(place.depth).unwrap_or(u16::MAX) }
    }
}

/// A fact for the healer.
#[derive(Debug, Clone)]
pub enum HealFact<L: Lost> {
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
    /// What a peer has of what it was asked for, in that order; it may have left the last ones out.
    Found {
        /// Its index.
        peer: u16,
        /// For each, what it has.
        found: Vec<Option<L::Found>>,
    },
}

/// An order of the healer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealOrder<L: Lost> {
    /// Ask a peer.
    Ask {
        /// Its index.
        peer: u16,
        /// For what.
        lost: Vec<L>,
    },
    /// Store these anew; they are what is lost.
    Mend(Vec<(L, L::Found)>),
    /// Nothing is lost any more.
    Done,
    /// Nobody has the rest.
    GiveUp {
        /// How much that is.
        left: usize,
    },
    /// Call again with [`HealFact::Tick`] at this time at the latest.
    WakeAt(TimestampMs),
}

/// What is lost, and who was asked for it.
#[derive(Debug)]
pub struct Heal<L> {
    /// How many peers there are.
    others: usize,
    /// What is lost, and who has not got it.
    lost: Vec<(L, BTreeSet<u16>)>,
    connected: BTreeSet<u16>,
    asked: Option<Asked<L>>,
    /// Who was asked last.
    last: u16,
    /// When something came last, or it all began.
    since: Option<TimestampMs>,
    over: bool,
}

#[derive(Debug)]
struct Asked<L> {
    peer: u16,
    lost: Vec<L>,
    at: TimestampMs,
}

impl<L: Lost> Heal<L> {
    /// For what a ledger has lost, with so many peers.
    #[must_use]
    pub fn new(lost: Vec<L>, others: usize) -> Self {
        let lost = lost.into_iter().map(|lost| (lost, BTreeSet::new())).collect();
        Self { others, lost, connected: BTreeSet::new(), asked: None, last: 0, since: None, over: false }
    }

    /// Takes a fact, answers orders. After [`HealOrder::Done`] or [`HealOrder::GiveUp`] it answers nothing any more.
    #[must_use]
    pub fn handle(&mut self, now: TimestampMs, fact: HealFact<L>) -> Vec<HealOrder<L>> {
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
            HealFact::Found { peer, found } => {
                if let Some(asked) = self.asked.take_if(|asked| asked.peer == peer) {
                    orders.extend(self.take(now, asked, found));
                }
            }
        }
        self.asked.take_if(|asked| now.since(asked.at) >= SYNC_RETRY_MS);
        orders.extend(self.next(now));
        orders
    }

    /// Sorts an answer: what is right is mended, for the rest others are asked.
    fn take(&mut self, now: TimestampMs, asked: Asked<L>, found: Vec<Option<L::Found>>) -> Option<HealOrder<L>> {
        let mut mended: Vec<(L, L::Found)> = Vec::new();
        for (lost, found) in asked.lost.into_iter().zip(found) {
            match found.filter(|found| lost.is(found)) {
                Some(found) => mended.push((lost, found)),
                None => {
                    if let Some((_, without)) = self.lost.iter_mut().find(|(known, _)| *known == lost) {
                        without.insert(asked.peer);
                    }
                }
            }
        }
        if mended.is_empty() {
            return None;
        }
        self.since = Some(now);
        self.lost.retain(|(lost, _)| mended.iter().all(|(mended, _)| mended != lost));
        Some(HealOrder::Mend(mended))
    }

    /// What is to be done now, and when to look again.
    fn next(&mut self, now: TimestampMs) -> Vec<HealOrder<L>> {
        let since = self.since.unwrap_or(now);
        // Each was asked of every peer in vain.
        let is_vain = self.lost.iter().all(|(_, without)| without.len() >= self.others);
        if self.lost.is_empty() {
            self.over = true;
            return vec![HealOrder::Done];
        }
        if is_vain || now.since(since) >= HEAL_PATIENCE_MS {
            self.over = true;
            return vec![HealOrder::GiveUp { left: self.lost.len() }];
        }
        let mut orders = Vec::new();
        if self.asked.is_none()
            && let Some(peer) = self.whom()
        {
            let of_peer = self.lost.iter().filter(|(_, without)| !without.contains(&peer));
            let lost: Vec<L> = of_peer.map(|(lost, _)| lost.clone()).take(L::AT_ONCE).collect();
            orders.push(HealOrder::Ask { peer, lost: lost.clone() });
            (self.last, self.asked) = (peer, Some(Asked { peer, lost, at: now }));
        }
        let late = self.asked.as_ref().map(|asked| asked.at.plus(SYNC_RETRY_MS));
        let patience = since.plus(HEAL_PATIENCE_MS);
        orders.push(HealOrder::WakeAt(late.map_or(patience, |late| late.min(patience))));
        orders
    }

    /// The peer to ask next: the one after the last that may have something.
    fn whom(&self) -> Option<u16> {
        let may = |peer: &&u16| self.lost.iter().any(|(_, without)| !without.contains(*peer));
        let after = self.connected.range(self.last.saturating_add(1)..);
        after.chain(&self.connected).find(may).copied()
    }
}
