//! The joiner: from offers to a whole snapshot.

use super::fetch::Fetch;
use super::order::{JoinFact, JoinOrder, JoinProgress};
use super::peer::Peer;
use super::{Accusation, Offer};
use crate::limits::{
    JOIN_CHOICE_MS, JOIN_GIVE_UP_MS, JOIN_PATIENCE_MS, OFFERS_RETRY_MS, PIECE_RETRY_MS, PIECES_ASKED_BURST,
    PIECES_FLYING_MAX, PIECES_SERVED_MS, SNAPSHOT_STALL_MS,
};
use crate::throttle::Throttle;
use countersign_ledger::limits::{SNAPSHOT_MANIFEST_BYTES_MAX, SNAPSHOT_MANIFEST_PIECE_BYTES};
use countersign_ledger::snapshot::{BadManifest, BadPiece, Manifest, Piece};
use countersign_types::{Genesis, Hash, Height, TimestampMs};
use std::collections::{BTreeMap, BTreeSet};

/// The joiner.
#[derive(Debug)]
pub struct Join {
    genesis: Genesis,
    /// Lowest height of a snapshot that is worth it.
    least: Height,
    /// Number of peers that there can be.
    peers_max: usize,
    peers: BTreeMap<u16, Peer>,
    accused: BTreeSet<u16>,
    /// Snapshots whose layout is none.
    refused: BTreeSet<Hash>,
    stage: Stage,
    /// How often each peer is asked for pieces: no more than it serves.
    pace: Throttle,
    /// When something last came closer.
    moved: Option<TimestampMs>,
    /// When the first offer came, and the last one.
    first_offer: Option<TimestampMs>,
    last_offer: Option<TimestampMs>,
    orders: Vec<JoinOrder>,
}

#[derive(Debug)]
enum Stage {
    Choosing,
    Manifest { offer: Offer, peer: u16, asked: TimestampMs, bytes: Vec<u8> },
    Fetching(Box<Fetch>),
    Over,
}

impl Join {
    /// Begins for a chain, among at most `peers_max` peers. Snapshots below `least` are not worth it.
    #[must_use]
    pub fn new(genesis: Genesis, least: Height, peers_max: usize) -> Self {
        Self {
            genesis,
            least,
            peers_max,
            peers: BTreeMap::new(),
            accused: BTreeSet::new(),
            refused: BTreeSet::new(),
            stage: Stage::Choosing,
            pace: Throttle::new(PIECES_ASKED_BURST, PIECES_SERVED_MS),
            moved: None,
            first_offer: None,
            last_offer: None,
            orders: Vec::new(),
        }
    }

    /// Goes on with a snapshot whose manifest was kept before.
    ///
    /// # Errors
    /// [`BadManifest`]; then nothing of it is of use.
    pub fn resume(&mut self, manifest: Manifest) -> Result<(), BadManifest> {
        self.stage = Stage::Fetching(Box::new(Fetch::new(manifest.verify(&self.genesis)?)));
        Ok(())
    }

    /// Counts a piece that was kept before; those of a subtree's logs after its state piece.
    ///
    /// # Errors
    /// [`BadPiece`]; then it is fetched again.
    pub fn recall(&mut self, piece: Piece, bytes: &[u8]) -> Result<(), BadPiece> {
        match &mut self.stage {
            Stage::Fetching(fetch) => fetch.take(piece, bytes),
            _ => Err(BadPiece::Unknown),
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> JoinProgress {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let (peers, accused) = (count(self.peers.len()), count(self.accused.len()));
        match &self.stage {
            Stage::Manifest { offer, .. } => {
                JoinProgress { height: offer.height, peers, accused, ..JoinProgress::default() }
            }
            Stage::Fetching(fetch) => JoinProgress {
                height: fetch.snapshot().height(),
                kept: fetch.pieces,
                pieces: fetch.snapshot().pieces(),
                bytes: fetch.bytes,
                peers,
                accused,
            },
            Stage::Choosing | Stage::Over => JoinProgress { peers, accused, ..JoinProgress::default() },
        }
    }

    /// Takes a fact, answers orders. After [`JoinOrder::Done`] or [`JoinOrder::ByBlocks`] it answers nothing any more.
    #[must_use]
    pub fn handle(&mut self, now: TimestampMs, fact: JoinFact) -> Vec<JoinOrder> {
        if matches!(self.stage, Stage::Over) {
            return Vec::new();
        }
        self.moved.get_or_insert(now);
        if self.peers.is_empty() && self.accused.is_empty() {
            self.moved = Some(now); // With nobody there, no time is lost.
        }
        match fact {
            JoinFact::Tick => {}
            JoinFact::Connected { peer } => {
                if !self.accused.contains(&peer) {
                    self.forget(peer);
                    self.peers.insert(peer, Peer::default());
                }
            }
            JoinFact::Disconnected { peer } => {
                self.forget(peer);
                self.peers.remove(&peer);
            }
            JoinFact::Offers { peer, offers } => self.hear_offers(now, peer, offers),
            JoinFact::Piece { peer, snapshot, piece, bytes } => self.hear_piece(now, peer, snapshot, piece, bytes),
        }
        self.look_for_late(now);
        self.leave_what_stalls(now);
        if matches!(self.stage, Stage::Choosing) {
            self.choose(now);
        }
        self.ask(now);
        self.ask_offers(now);
        if let Stage::Fetching(fetch) = &self.stage
            && fetch.is_whole()
        {
            self.finish(JoinOrder::Done);
        }
        if !matches!(self.stage, Stage::Over) {
            self.orders.push(JoinOrder::WakeAt(self.wake_at(now)));
        }
        std::mem::take(&mut self.orders)
    }

    fn finish(&mut self, order: JoinOrder) {
        self.stage = Stage::Over;
        self.orders.push(order);
    }

    fn hear_offers(&mut self, now: TimestampMs, peer: u16, offers: Vec<Offer>) {
        let Some(known) = self.peers.get_mut(&peer).filter(|peer| peer.asked.is_some()) else { return };
        if offers.iter().any(|offer| offer.height >= self.least) {
            self.first_offer.get_or_insert(now);
            self.last_offer = Some(now);
        }
        known.offered(offers);
    }

    fn hear_piece(&mut self, now: TimestampMs, peer: u16, snapshot: Hash, piece: Piece, bytes: Option<Vec<u8>>) {
        match (&mut self.stage, piece) {
            (Stage::Manifest { offer, peer: of, .. }, Piece::Manifest { part })
                if *of == peer && offer.snapshot == snapshot =>
            {
                self.hear_manifest(now, part, bytes);
            }
            (Stage::Fetching(fetch), piece) if fetch.snapshot().id() == snapshot => {
                let Some(in_time) = fetch.awaits(piece, peer) else { return };
                if in_time && let Some(known) = self.peers.get_mut(&peer) {
                    known.flying = known.flying.saturating_sub(1);
                    known.answered();
                }
                let Some(bytes) = bytes else {
                    fetch.again(piece, peer);
                    self.withdraw(peer, &snapshot);
                    return;
                };
                // Who else was asked for it meanwhile is no longer waited for.
                let other = fetch.asked_of(piece).filter(|other| *other != peer);
                match fetch.take(piece, &bytes) {
                    Ok(()) => {
                        if let Some(other) = other.and_then(|other| self.peers.get_mut(&other)) {
                            other.flying = other.flying.saturating_sub(1);
                        }
                        self.moved = Some(now);
                        self.orders.push(JoinOrder::Keep { piece, bytes });
                    }
                    Err(BadPiece::Layout) => self.refuse(snapshot),
                    Err(cause) => self.accuse(peer, Accusation::Piece { piece, cause }),
                }
            }
            _ => {}
        }
    }

    /// The next part of the manifest; its peer is asked for the one after it, or it is whole.
    fn hear_manifest(&mut self, now: TimestampMs, part: u32, more: Option<Vec<u8>>) {
        let Stage::Manifest { offer, peer, asked, bytes } = &mut self.stage else { return };
        let (offer, peer) = (*offer, *peer);
        let expected = u32::try_from(bytes.len().div_ceil(SNAPSHOT_MANIFEST_PIECE_BYTES)).unwrap_or(u32::MAX);
        if part != expected {
            return;
        }
        let Some(more) = more else {
            self.withdraw(peer, &offer.snapshot);
            self.stage = Stage::Choosing;
            return;
        };
        let is_last = part.saturating_add(1) >= offer.manifest_parts;
        let fits = match is_last {
            true => more.len() <= SNAPSHOT_MANIFEST_PIECE_BYTES,
            false => more.len() == SNAPSHOT_MANIFEST_PIECE_BYTES,
        };
        bytes.extend_from_slice(&more);
        let too_long = countersign_types::DecodeError::TooLong { bytes: bytes.len(), max: SNAPSHOT_MANIFEST_BYTES_MAX };
        if !fits || bytes.len() > SNAPSHOT_MANIFEST_BYTES_MAX {
            let cause = BadManifest::Decode(too_long);
            return self.accuse(peer, Accusation::Manifest { snapshot: offer.snapshot, cause });
        }
        if !is_last {
            *asked = now;
            let piece = Piece::Manifest { part: part.saturating_add(1) };
            self.orders.push(JoinOrder::AskPiece { peer, snapshot: offer.snapshot, piece });
            return;
        }
        let bytes = std::mem::take(bytes);
        self.stage = Stage::Choosing;
        self.take_manifest(now, peer, offer, &bytes);
    }

    fn take_manifest(&mut self, now: TimestampMs, peer: u16, offer: Offer, bytes: &[u8]) {
        let snapshot = offer.snapshot;
        let verified = match Manifest::from_bytes(bytes).and_then(|manifest| manifest.verify(&self.genesis)) {
            Ok(verified) => verified,
            Err(cause) => return self.accuse(peer, Accusation::Manifest { snapshot, cause }),
        };
        if verified.id() != snapshot || verified.height() != offer.height {
            return self.accuse(peer, Accusation::Other { snapshot });
        }
        self.orders.push(JoinOrder::Begin { snapshot, height: offer.height });
        for (part, bytes) in (0..).zip(bytes.chunks(SNAPSHOT_MANIFEST_PIECE_BYTES)) {
            self.orders.push(JoinOrder::Keep { piece: Piece::Manifest { part }, bytes: bytes.to_vec() });
        }
        self.moved = Some(now);
        self.stage = Stage::Fetching(Box::new(Fetch::new(verified)));
    }

    /// What is asked of a peer is asked of others.
    fn forget(&mut self, peer: u16) {
        match &mut self.stage {
            Stage::Manifest { peer: of, .. } if *of == peer => self.stage = Stage::Choosing,
            Stage::Fetching(fetch) => fetch.forget(peer),
            _ => {}
        }
        if let Some(known) = self.peers.get_mut(&peer) {
            known.flying = 0;
        }
    }

    fn accuse(&mut self, peer: u16, what: Accusation) {
        self.forget(peer);
        self.peers.remove(&peer);
        self.accused.insert(peer);
        self.orders.push(JoinOrder::Accuse { peer, what });
    }

    /// The manifest of a snapshot lies about its pieces, so whoever offers it does.
    fn refuse(&mut self, snapshot: Hash) {
        let liars: Vec<u16> =
            self.peers.iter().filter(|(_, peer)| peer.offer(&snapshot).is_some()).map(|(peer, _)| *peer).collect();
        for peer in liars {
            self.accuse(peer, Accusation::Layout { snapshot });
        }
        self.refused.insert(snapshot);
        self.leave();
    }

    fn withdraw(&mut self, peer: u16, snapshot: &Hash) {
        if let Some(known) = self.peers.get_mut(&peer) {
            known.withdraw(snapshot);
        }
    }

    /// Gives the present snapshot up.
    fn leave(&mut self) {
        self.stage = Stage::Choosing;
        self.peers.values_mut().for_each(|peer| peer.flying = 0);
    }

    fn look_for_late(&mut self, now: TimestampMs) {
        match &mut self.stage {
            Stage::Manifest { offer, peer, asked, .. } if now.since(*asked) >= PIECE_RETRY_MS => {
                let (peer, snapshot) = (*peer, offer.snapshot);
                self.stage = Stage::Choosing;
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.missed(now);
                }
                self.withdraw(peer, &snapshot);
            }
            Stage::Fetching(fetch) => {
                for peer in fetch.late(now) {
                    if let Some(known) = self.peers.get_mut(&peer) {
                        known.flying = known.flying.saturating_sub(1);
                        known.missed(now);
                    }
                }
            }
            _ => {}
        }
    }

    /// A snapshot of which nothing has come for long is left for another, if reliable peers have one.
    fn leave_what_stalls(&mut self, now: TimestampMs) {
        let Stage::Fetching(fetch) = &self.stage else { return };
        let idle = self.moved.map_or(0, |moved| now.since(moved));
        if idle < SNAPSHOT_STALL_MS {
            return;
        }
        let present = fetch.snapshot().id();
        let better = self.best(&BTreeSet::from([present])).is_some_and(|(reliable, ..)| reliable > 0);
        if better || idle >= JOIN_GIVE_UP_MS {
            self.leave();
            self.peers.values_mut().for_each(|peer| peer.withdraw(&present));
        }
    }

    /// The snapshot that most reliable peers have, then most peers, then the newest; none of `but`.
    fn best(&self, but: &BTreeSet<Hash>) -> Option<(usize, usize, Height, Hash)> {
        let mut groups: BTreeMap<(Height, Hash), (usize, usize)> = BTreeMap::new();
        for peer in self.peers.values() {
            for offer in peer.offers.iter().flatten().filter(|offer| offer.height >= self.least) {
                if but.contains(&offer.snapshot) || self.refused.contains(&offer.snapshot) {
                    continue;
                }
                let (reliable, all) = groups.entry((offer.height, offer.snapshot)).or_default();
                *all = all.saturating_add(1);
                *reliable = reliable.saturating_add(usize::from(peer.is_reliable()));
            }
        }
        groups.into_iter().map(|((height, snapshot), (reliable, all))| (reliable, all, height, snapshot)).max()
    }

    /// Chooses a snapshot once all peers said what they have, or some time after the first one did.
    fn choose(&mut self, now: TimestampMs) {
        let answered = self.peers.values().filter(|peer| peer.offers.is_some()).count();
        let all = answered > 0 && answered.saturating_add(self.accused.len()) >= self.peers_max;
        let late = self.first_offer.is_some_and(|first| now.since(first) >= JOIN_CHOICE_MS);
        let best = self.best(&BTreeSet::new());
        match best {
            Some((_, _, _, snapshot)) if all || late => self.ask_manifest(now, &snapshot),
            // Everybody has answered, and nobody has anything; or nobody had for long.
            None if all && self.first_offer.is_none() || self.gives_up_at().is_some_and(|at| at <= now) => {
                self.finish(JoinOrder::ByBlocks);
            }
            _ => {}
        }
    }

    /// When blocks are fetched instead. Offers that come to nothing put it off, for who is slow or loses answers may be the
    /// only one to have a snapshot; but not for ever, for who only offers keeps nobody from joining.
    fn gives_up_at(&self) -> Option<TimestampMs> {
        let moved = self.moved?;
        let patient = self.last_offer.unwrap_or(moved).max(moved).plus(JOIN_PATIENCE_MS);
        Some(patient.min(moved.plus(JOIN_GIVE_UP_MS)))
    }

    fn ask_manifest(&mut self, now: TimestampMs, snapshot: &Hash) {
        let offered = self.peers.iter().filter_map(|(peer, known)| Some((*peer, known, *known.offer(snapshot)?)));
        let chosen = offered.max_by_key(|(peer, known, _)| (known.is_reliable(), std::cmp::Reverse(*peer)));
        let Some((peer, _, offer)) = chosen else { return };
        self.stage = Stage::Manifest { offer, peer, asked: now, bytes: Vec::new() };
        let piece = Piece::Manifest { part: 0 };
        self.orders.push(JoinOrder::AskPiece { peer, snapshot: *snapshot, piece });
    }

    /// Asks for pieces, of whom has the fewest on the way.
    fn ask(&mut self, now: TimestampMs) {
        let Stage::Fetching(fetch) = &mut self.stage else { return };
        let snapshot = fetch.snapshot().id();
        while fetch.flying() < PIECES_FLYING_MAX {
            let free = self.peers.iter_mut().filter(|(_, peer)| peer.offer(&snapshot).is_some() && peer.is_free(now));
            let Some((peer, known)) = free.min_by_key(|(_, peer)| peer.flying) else { return };
            if !self.pace.may(*peer, now) {
                known.pause(now.plus(PIECES_SERVED_MS));
                continue;
            }
            let Some(piece) = fetch.next() else { return };
            known.flying = known.flying.saturating_add(1);
            fetch.asked(piece, *peer, now);
            self.orders.push(JoinOrder::AskPiece { peer: *peer, snapshot, piece });
        }
    }

    /// Asks who has not said what it has, and everybody again from time to time.
    fn ask_offers(&mut self, now: TimestampMs) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        for (peer, known) in &mut self.peers {
            if known.asked.is_none_or(|asked| now.since(asked) >= OFFERS_RETRY_MS) {
                known.asked = Some(now);
                self.orders.push(JoinOrder::AskOffers { peer: *peer });
            }
        }
    }

    fn wake_at(&self, now: TimestampMs) -> TimestampMs {
        let offers = self.peers.values().filter_map(|peer| peer.asked).map(|asked| asked.plus(OFFERS_RETRY_MS));
        let back = self.peers.values().map(Peer::back_at).filter(|back| *back > now);
        let stage = match &self.stage {
            Stage::Choosing => {
                let choice = self.first_offer.map(|first| first.plus(JOIN_CHOICE_MS)).filter(|at| *at > now);
                choice.or(self.gives_up_at())
            }
            Stage::Manifest { asked, .. } => Some(asked.plus(PIECE_RETRY_MS)),
            Stage::Fetching(fetch) => {
                let stalls =
                    [SNAPSHOT_STALL_MS, JOIN_GIVE_UP_MS].map(|after| self.moved.map(|moved| moved.plus(after)));
                fetch.late_at().or(stalls.into_iter().flatten().find(|at| *at > now))
            }
            Stage::Over => None,
        };
        let first = offers.chain(back).chain(stage).filter(|at| *at > now).min();
        first.unwrap_or(now.plus(OFFERS_RETRY_MS))
    }
}
