//! Own votes: when they may be signed, and that they are durable before they are said or counted.

use super::Engine;
use crate::action::Target;
use crate::message::Message;
use crate::mutation::{Mutation, planted};
use crate::record::Record;
use countersign_types::{Certificate, Hash, Height, Phase, View, Vote};

impl Engine {
    /// P0.4, P7.1: whether this validator votes in a view at all.
    pub(super) fn can_sign(&self, view: View) -> bool {
        let knows_its_votes = self.recovery.is_none() && self.rejoin.is_none();
        self.own.is_some() && knows_its_votes && view > self.sign_above && view > self.last_final.view
    }

    /// P0.5: signs a step and orders the vote to be written. The caller has checked that the step is
    /// allowed. Answers the vote and its entry.
    pub(super) fn sign(&mut self, phase: Phase, number: u64, digest: Hash) -> Option<(Vote, u64)> {
        let (signer, key) = self.own.as_ref()?;
        let signature = self.committee.statement(phase, number, digest).sign(key);
        let vote = Vote { phase, epoch: self.committee.epoch(), number, digest, signer: *signer, signature };
        let entry = if planted(Mutation::VoteUnwritten) {
            self.next_entry.saturating_sub(1)
        } else {
            self.persist(Record::Vote(vote.clone()))
        };
        if phase == Phase::Checkpoint {
            if let Some(slot) = self.results.slot(Height(number)) {
                slot.vote = Some(vote.clone());
            }
        } else if let Some(slot) = self.round(View(number)).own.slot(phase) {
            *slot = Some(vote.clone());
        }
        self.unsynced.push_back((entry, vote.clone()));
        self.counters.votes_sent = self.counters.votes_sent.saturating_add(1);
        Some((vote, entry))
    }

    /// Signs a step and sends it to all once it is durable. Answers whether it did.
    pub(super) fn sign_and_send(
        &mut self,
        phase: Phase,
        number: u64,
        digest: Hash,
        reason: Option<Certificate>,
    ) -> bool {
        let Some((vote, entry)) = self.sign(phase, number, digest) else { return false };
        self.send(Target::All, Message::Vote { vote, reason }, entry);
        true
    }

    /// P0.5: own votes count from here on.
    pub(super) fn persisted(&mut self, entry: u64) {
        while let Some((_, vote)) = self.unsynced.pop_front_if(|(written, _)| *written <= entry) {
            self.count_own(&vote);
        }
    }

    /// Counts an own vote that is durable.
    pub(super) fn count_own(&mut self, vote: &Vote) {
        match vote.phase {
            Phase::Prepare | Phase::Commit | Phase::ViewChange => self.add_vote(vote, true),
            Phase::Checkpoint => self.add_checkpoint(vote, true),
            Phase::PrePrepare => {}
        }
    }
}
