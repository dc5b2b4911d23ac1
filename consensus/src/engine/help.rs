//! P5.6, P5.7, P5.10: helping peers that are behind, and sending again until something moves.

use super::Engine;
use crate::action::Target;
use crate::limits::{CERTIFICATES_SENT_MAX, COMMITS_RESENT_MAX};
use crate::message::Message;
use crate::mutation::{Mutation, planted};
use countersign_types::{Certificate, Height, View};

impl Engine {
    /// P5.6: a peer says where it stands. Who is further sends what it lacks; who is not asks back.
    pub(super) fn query(&mut self, from: u16, view: View, finalised: View, certified: Height) {
        self.peers.heard(from, view, self.view);
        let (now, interval) = (self.now, self.interval() / 4);
        let ahead = view > self.view || finalised > self.last_final.view || certified > self.results.certified();
        if ahead && self.peers.may_query(from, now, interval) {
            let message = self.position();
            self.send(Target::One(from), message, 0);
        }
        let mut lacking: Vec<Certificate> = Vec::new();
        if self.last_final.view > finalised {
            lacking.extend(self.last_final.certificate.clone());
        }
        if self.view > view {
            lacking.extend(self.entry.clone());
        }
        if self.results.certified() > certified {
            let results = self.results.certificates_above(certified, CERTIFICATES_SENT_MAX);
            lacking.extend(results.into_iter().cloned());
        }
        if !lacking.is_empty() && self.peers.may_answer(from, now, interval) {
            self.send_certificates(from, lacking);
        }
    }

    /// P5.10: tells a peer that was away where this validator stands, which is answered with what is missing.
    pub(super) fn greet(&mut self, peer: u16) {
        if Some(peer) != self.own_index() && self.peers.may_query(peer, self.now, self.interval() / 4) {
            let message = self.position();
            self.send(Target::One(peer), message, 0);
        }
    }

    /// P5.6: a peer is stuck in a view that this validator has left.
    pub(super) fn help_out_of(&mut self, peer: u16, view: View) {
        if !self.peers.may_answer(peer, self.now, self.interval() / 4) {
            return;
        }
        let mut certificates: Vec<Certificate> = Vec::new();
        if view <= self.last_final.view {
            certificates.extend(self.last_final.certificate.clone());
        } else if let Some(round) = self.rounds.get(&view) {
            certificates.extend(round.prepared.clone().or(round.changed.clone()));
        }
        certificates.extend(self.entry.clone());
        self.send_certificates(peer, certificates);
    }

    fn send_certificates(&mut self, to: u16, certificates: Vec<Certificate>) {
        let after = self.next_entry.saturating_sub(1);
        for certificate in certificates {
            self.send(Target::One(to), Message::Certificate(certificate), after);
        }
    }

    /// The own position, as it is told to peers.
    #[must_use]
    pub fn position(&self) -> Message {
        Message::Query { view: self.view, finalised: self.last_final.view, certified: self.results.certified_below() }
    }

    /// P5.7: sends again what others may have missed, at a fixed interval, until all is settled.
    pub(super) fn send_again(&mut self) {
        if !self.is_unsettled() || planted(Mutation::NeverResends) {
            self.resend_at = None;
            return;
        }
        let (now, interval) = (self.now, self.interval());
        if *self.resend_at.get_or_insert(now.plus(interval)) > now {
            return;
        }
        self.resend_at = Some(now.plus(interval));
        self.counters.rebroadcasts = self.counters.rebroadcasts.saturating_add(1);
        let query = self.position();
        self.send(Target::All, query, 0);
        let after = self.next_entry.saturating_sub(1);
        let certificates = [self.last_final.certificate.clone(), self.entry.clone()];
        if self.pacemaker.due_since.is_some() {
            for certificate in certificates.into_iter().flatten() {
                self.send(Target::All, Message::Certificate(certificate), after);
            }
        }
        for message in self.own_messages() {
            self.send(Target::All, message, after);
        }
    }

    /// Own votes that may still be needed, and the own proposal.
    fn own_messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        messages.extend(self.own_proposal().map(|proposal| Message::PrePrepare(Box::new(proposal))));
        if let Some(round) = self.rounds.get(&self.view) {
            let votes = [&round.own.prepare, &round.own.view_change].into_iter().flatten().cloned();
            messages.extend(votes.map(|vote| Message::Vote { vote, reason: None }));
        }
        let commits =
            self.rounds.values().rev().filter_map(|round| Some((round.own.commit.clone()?, round.prepared.clone())));
        messages.extend(commits.take(COMMITS_RESENT_MAX).map(|(vote, reason)| Message::Vote { vote, reason }));
        let checkpoints = self.results.uncertified().filter_map(|(_, slot)| slot.vote.clone());
        let checkpoints = checkpoints.map(|vote| Message::Vote { vote, reason: None });
        messages.extend(checkpoints.take(CERTIFICATES_SENT_MAX));
        messages
    }

    /// Whether something is under way that others may not know of, or this validator not of others.
    fn is_unsettled(&self) -> bool {
        self.recovery.is_some()
            || self.peers.heard_count() < self.committee.quorum().saturating_sub(1)
            || self.pacemaker.due_since.is_some()
            || self.rounds.get(&self.view).is_some_and(|round| round.seen.is_some())
            || self.chain.finalised().block != self.last_final.block
            || self.results.uncertified().next().is_some()
    }
}
