//! P9: blocks and certificates that are missing here.

use super::{Engine, Lag};
use crate::action::{Action, Target};
use crate::chain::State;
use crate::fetch::following;
use crate::limits::CERTIFICATES_SENT_MAX;
use crate::message::Message;
use countersign_types::{Block, Certificate, Hash, Height, View};

impl Engine {
    /// P9.3: asks for wanted blocks, each from one peer after the other.
    pub(super) fn fetch_blocks(&mut self) {
        let (interval, count, own) = (self.interval() / 2, self.committee.count(), self.own_index());
        for request in self.fetch.due(self.now, interval, count, own) {
            if self.chain.place(&request.block).is_some() {
                self.fetch.done(&request.block);
                continue;
            }
            self.send(Target::One(request.peer), Message::BlockRequest { block: request.block }, 0);
            if request.exhausted {
                self.note_lag(self.chain.finalised().height.next(), request.peer);
            }
        }
    }

    /// P9.4: serves a block.
    pub(super) fn block_request(&mut self, from: u16, hash: &Hash) {
        let Some(block) = self.chain.block(hash).cloned() else { return };
        let interval = self.interval();
        if self.peers.may_serve(from, self.now, interval) {
            self.send(Target::One(from), Message::BlockResponse(Box::new(block)), 0);
        }
    }

    /// P9.3: takes a block that was asked for.
    pub(super) fn block_response(&mut self, from: u16, block: Block) {
        let hash = block.hash();
        if !self.fetch.wants(&hash) {
            return; // A second answer.
        }
        if !block.is_consistent() {
            return self.refuse();
        }
        self.fetch.done(&hash);
        let header = &block.header;
        if self.is_out_of_reach(header.height) {
            self.note_lag(header.height, from);
        }
        let state = if self.is_sound(header) { State::Waiting } else { State::Invalid };
        self.chain.insert(hash, block, state);
        self.trim();
    }

    /// P9.1: something agreed elsewhere is out of reach here.
    pub(super) fn note_lag(&mut self, height: Height, peer: u16) {
        let peer = peer.min(self.committee.count().saturating_sub(1));
        match &mut self.behind {
            Some(lag) if lag.height >= height => {}
            Some(lag) => {
                lag.height = height;
                lag.peer = peer;
            }
            None => self.behind = Some(Lag { height, peer, next_at: self.now }),
        }
    }

    /// P9.1: tells the replica, again and again while it holds.
    pub(super) fn report_lag(&mut self) {
        let (finalised, now, interval) = (self.chain.finalised().height, self.now, self.interval());
        let (own, count) = (self.own_index(), self.committee.count());
        let Some(lag) = self.behind.as_mut().filter(|lag| lag.next_at <= now) else { return };
        if lag.height <= finalised {
            self.behind = None;
            return;
        }
        lag.next_at = now.plus(interval);
        let (height, mut peer) = (lag.height, lag.peer);
        if own == Some(peer) {
            peer = following(peer, count);
        }
        lag.peer = following(peer, count);
        self.order(Action::Behind { height, peer });
    }

    /// P1.3: asks for the certificates of views from the last final one up to `to`, each time another peer.
    pub(super) fn ask_range(&mut self, to: View) {
        if self.now < self.range_at || self.own.is_none() {
            return;
        }
        self.range_at = self.now.plus(self.interval() / 4);
        if Some(self.range_peer) == self.own_index() {
            self.range_peer = following(self.range_peer, self.committee.count());
        }
        let peer = self.range_peer;
        self.range_peer = following(peer, self.committee.count());
        let from = self.last_final.view;
        self.send(Target::One(peer), Message::CertificatesRequest { from, to }, 0);
    }

    /// P1.3: serves certificates of views, newest first, so that the asker's gap closes from above.
    pub(super) fn certificates_request(&mut self, from: u16, first: View, last: View) {
        if first > last || !self.peers.may_answer(from, self.now, self.interval() / 8) {
            return;
        }
        let mut certificates: Vec<Certificate> = Vec::new();
        if first <= self.last_final.view {
            certificates.extend(self.last_final.certificate.clone());
        }
        for (_, round) in self.rounds.range(first..=last).rev() {
            certificates.extend([&round.prepared, &round.changed].into_iter().flatten().cloned());
            if certificates.len() >= CERTIFICATES_SENT_MAX {
                break;
            }
        }
        let after = self.next_entry.saturating_sub(1);
        for certificate in certificates {
            self.send(Target::One(from), Message::Certificate(certificate), after);
        }
    }
}
