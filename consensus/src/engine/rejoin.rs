//! P7.5: a validator that starts asks what it said before, since its journal may be an older copy of itself.

use super::Engine;
use super::recover::Recovery;
use crate::action::Target;
use crate::message::Message;
use crate::mutation::{Mutation, planted};
use crate::record::Record;
use countersign_types::{Certificate, Phase, TimestampMs, View, Vote};
use std::collections::BTreeSet;

/// Who has told the newest votes that it holds of this validator.
#[derive(Debug, Clone, Default)]
pub(super) struct Rejoin {
    /// Set when the first request is sent.
    nonce: Option<u64>,
    /// When to ask (again).
    next_at: TimestampMs,
    answers: BTreeSet<u16>,
}

impl Rejoin {
    /// How many have answered.
    pub(super) fn answers(&self) -> usize {
        self.answers.len()
    }

    /// The clock was set back.
    pub(super) fn clamp(&mut self, latest: TimestampMs) {
        self.next_at = self.next_at.min(latest);
    }
}

impl Engine {
    /// P7.5: whether there is anybody to ask.
    pub(super) fn begin_rejoin(&mut self) {
        let asks = self.own.is_some() && self.recovery.is_none() && self.committee.quorum() > 1;
        self.rejoin = (asks && !planted(Mutation::RollbackUnnoticed)).then(Rejoin::default);
    }

    /// P7.5: asks everybody, again and again.
    pub(super) fn ask_to_rejoin(&mut self) {
        let (now, interval) = (self.now, self.interval());
        let Some(rejoin) = self.rejoin.as_mut().filter(|rejoin| rejoin.next_at <= now) else { return };
        rejoin.next_at = now.plus(interval);
        let nonce = *rejoin.nonce.get_or_insert(now.0);
        self.send(Target::All, Message::VotesRequest { nonce }, 0);
    }

    /// When [`Engine::ask_to_rejoin`] is next to be called.
    pub(super) fn rejoin_at(&self) -> Option<TimestampMs> {
        self.rejoin.as_ref().map(|rejoin| rejoin.next_at)
    }

    /// P7.5: asks a peer that can be reached now, if it has not answered.
    pub(super) fn ask_to_rejoin_of(&mut self, peer: u16) {
        let Some(rejoin) = self.rejoin.as_ref().filter(|rejoin| !rejoin.answers.contains(&peer)) else { return };
        if let Some(nonce) = rejoin.nonce.filter(|_| Some(peer) != self.own_index()) {
            self.send(Target::One(peer), Message::VotesRequest { nonce }, 0);
        }
    }

    /// P7.5: tells a validator its newest votes, as far as they are held here.
    pub(super) fn votes_request(&mut self, from: u16, nonce: u64) {
        if !self.peers.may_vouch(from, self.now, self.interval() / 4) {
            return;
        }
        let votes = self.votes_held_of(from);
        let finalised = self.last_final.certificate.clone();
        let after = if finalised.is_some() { self.next_entry.saturating_sub(1) } else { 0 };
        self.send(Target::One(from), Message::VotesResponse { nonce, finalised, votes }, after);
        self.ask_to_rejoin_of(from); // It was not there before, or had not come so far.
    }

    /// The votes of a validator in the highest view for which any are held.
    fn votes_held_of(&self, signer: u16) -> Vec<Vote> {
        let epoch = self.committee.epoch();
        let newest = self.rounds.values().rev().map(|round| {
            let tallies = [&round.prepare, &round.commit, &round.view_change];
            let held = tallies.into_iter().filter_map(|tally| tally.vote_of(signer, epoch));
            let certificates = [&round.prepared, &round.changed].into_iter().flatten();
            let signed = certificates.filter_map(|one| {
                let (_, signature) = *one.signatures.iter().find(|(by, _)| *by == signer)?;
                Some(Vote { phase: one.phase, epoch, number: one.number, digest: one.digest, signer, signature })
            });
            held.chain(signed).collect::<Vec<Vote>>()
        });
        let mut votes = newest.into_iter().find(|votes| !votes.is_empty()).unwrap_or_default();
        votes.sort_by_key(|vote| vote.phase);
        votes.dedup_by_key(|vote| vote.phase);
        votes
    }

    /// P7.5: what a peer holds of this validator's votes. One that the journal lacks shows that the journal is old.
    /// Votes up to the view that is final there are held by nobody, so nothing is signed in those views.
    pub(super) fn votes_response(&mut self, from: u16, nonce: u64, finalised: Option<Certificate>, votes: &[Vote]) {
        if self.rejoin.as_ref().is_none_or(|rejoin| rejoin.nonce != Some(nonce)) {
            return;
        }
        if let Some(certificate) = finalised {
            let (phase, view) = (certificate.phase, View(certificate.number));
            if !matches!(phase, Phase::Prepare | Phase::Commit) {
                return self.refuse();
            }
            if !self.certificate(from, certificate) {
                return;
            }
            self.sign_above = self.sign_above.max(view);
        }
        for vote in votes {
            let view = View(vote.number);
            let of_view = matches!(vote.phase, Phase::Prepare | Phase::Commit | Phase::ViewChange);
            if Some(vote.signer) != self.own_index() || !of_view {
                return self.refuse();
            }
            if view <= self.last_final.view || view <= self.sign_above || self.remembers(vote) {
                continue;
            }
            if !self.verifies(from, vote) {
                return self.refuse();
            }
            self.rejoin = None;
            self.persist(Record::Amnesia);
            self.recovery = Some(Recovery::default());
            return;
        }
        let needed = self.committee.quorum().saturating_sub(1);
        if let Some(rejoin) = &mut self.rejoin {
            rejoin.answers.insert(from);
            if rejoin.answers.len() >= needed {
                self.rejoin = None;
            }
        }
    }

    /// Whether a vote of this validator is in its journal.
    pub(super) fn remembers(&self, vote: &Vote) -> bool {
        let round = self.rounds.get(&View(vote.number));
        round.is_some_and(|round| {
            round.own.votes().any(|known| known.phase == vote.phase && known.digest == vote.digest)
        })
    }
}
