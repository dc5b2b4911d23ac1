//! P6: CHECKPOINT votes and result certificates.

use super::Engine;
use crate::action::{Action, Stop};
use crate::limits::CHECKPOINTS_AHEAD_MAX;
use crate::mutation::{Mutation, planted};
use crate::tally::{Added, Check};
use countersign_types::{Certificate, ExecutionResult, Height, Phase, Vote};

impl Engine {
    /// P6.1: a finalised block was executed.
    pub(super) fn executed(&mut self, result: ExecutionResult, last: Option<Height>) {
        let height = result.height;
        let expected = self.chain.finalised_at(height) == Some(result.block);
        if height != self.chain.executed().next() || !expected {
            return;
        }
        self.last = self.last.or(last);
        self.chain.executed_to(height, result.block, self.parameters.run_ahead);
        if let Some(slot) = self.results.slot(height) {
            slot.own = Some(result);
        }
        self.results.drop_below(height);
        self.vote_on_result(height);
        self.settle(height);
    }

    /// Votes on all results that are not certified.
    pub(super) fn vote_on_results(&mut self) {
        let open: Vec<Height> = self.results.uncertified().map(|(height, _)| height).collect();
        for height in open {
            self.vote_on_result(height);
        }
    }

    /// P6.1: CHECKPOINT for an executed height, once, unless the result is certified already.
    pub(super) fn vote_on_result(&mut self, height: Height) {
        if self.own.is_none() || self.recovery.is_some() || height <= self.origin.height {
            return;
        }
        let Some(slot) = self.results.get(height) else { return };
        let Some(own) = slot.own.clone() else { return };
        let mut digest = own.hash();
        if planted(Mutation::OwnResult) {
            digest.0[0] ^= u8::try_from(self.own_index().unwrap_or_default()).unwrap_or_default();
        }
        if self.is_overridden(height)
            && let Some(slot) = self.results.slot(height)
            && let Some(signed) = slot.vote.take_if(|signed| signed.digest != digest)
        {
            slot.tally.remove(signed.signer); // P6.5
        }
        let Some(slot) = self.results.get(height) else { return };
        match slot.vote.clone() {
            Some(signed) if signed.digest != digest => self.stop(Stop::Unstable { own, signed }), // P6.4
            None if slot.certificate.is_none() => {
                self.sign_and_send(Phase::Checkpoint, height.0, digest, None);
            }
            _ => {}
        }
    }

    /// P6.2: counts a CHECKPOINT vote.
    pub(super) fn add_checkpoint(&mut self, vote: &Vote, verified: bool) {
        let height = Height(vote.number);
        if height > self.checkpoints_to() {
            return;
        }
        let overridden = self.is_overridden(height);
        let Some(slot) = self.results.slot(height).filter(|slot| slot.certificate.is_none()) else { return };
        if overridden && slot.own.as_ref().is_none_or(|own| own.hash() != vote.digest) {
            return; // P6.5
        }
        match slot.tally.add(vote, verified) {
            Added::Known => return,
            Added::Conflict(other) => {
                if self.outweighs(&other, vote)
                    && let Some(slot) = self.results.slot(height)
                {
                    slot.tally.remove(vote.signer);
                }
                return;
            }
            Added::New => {}
        }
        self.counters.votes_received = self.counters.votes_received.saturating_add(1);
        let check =
            Check { committee: &self.committee, counters: &mut self.counters, peers: &mut self.peers, now: self.now };
        if let Some(certificate) = slot.tally.certificate(&vote.digest, check) {
            self.certified(certificate);
        } else {
            self.settle(height);
        }
    }

    /// P6.3: a result certificate from anybody. Answers false if it is none.
    pub(super) fn result_certificate(&mut self, from: u16, certificate: Certificate) -> bool {
        let height = Height(certificate.number);
        let known = self.results.get(height).is_some_and(|slot| slot.certificate.is_some());
        if known || height <= self.chain.executed() && self.results.slot(height).is_none() {
            return true;
        }
        let above = height > self.checkpoints_to();
        if above && self.behind.as_ref().is_some_and(|lag| lag.height >= height) {
            return true; // It says nothing new.
        }
        if !self.certifies(from, &certificate) {
            return false;
        }
        if self.is_out_of_reach(height) {
            self.note_lag(height, from); // P9.1
        }
        if !above {
            self.certified(certificate);
        }
        true
    }

    /// P6.3: a result certificate that the replica has verified.
    pub(super) fn result_certified(&mut self, certificate: Certificate) {
        let slot = self.results.get(Height(certificate.number));
        if slot.is_some_and(|slot| slot.certificate.is_none()) {
            self.certified(certificate);
        }
    }

    fn certified(&mut self, certificate: Certificate) {
        let height = Height(certificate.number);
        let Some(slot) = self.results.slot(height) else { return };
        slot.certificate = Some(certificate);
        self.results.note_certified(height);
        self.progress();
        self.settle(height);
    }

    /// P6.3, P6.4: what follows once the own result and the others' meet.
    fn settle(&mut self, height: Height) {
        let quorum_of_doubt = self.committee.one_correct();
        let Some(slot) = self.results.slot(height) else { return };
        let Some(own) = slot.own.clone() else { return };
        let digest = own.hash();
        if let Some(certificate) = slot.certificate.clone() {
            if certificate.digest == digest {
                return self.order(Action::Certify { result: own, certificate });
            }
            return self.stop(Stop::Diverged { own, others: Vec::new(), certificate: Some(certificate) });
        }
        for other in slot.tally.digests(quorum_of_doubt, Some(digest)) {
            let check = Check {
                committee: &self.committee,
                counters: &mut self.counters,
                peers: &mut self.peers,
                now: self.now,
            };
            let checked = slot.tally.checked(&other, quorum_of_doubt, check);
            let epoch = self.committee.epoch();
            if let Some(checked) = checked {
                let others = checked.iter().filter_map(|(signer, _)| slot.tally.vote_of(*signer, epoch)).collect();
                return self.stop(Stop::Diverged { own, others, certificate: None });
            }
        }
    }

    /// P6.5: whether results of a height may have been signed before an override was installed. A block can be
    /// executed up to one window above a result that is not certified.
    pub(super) fn is_overridden(&self, height: Height) -> bool {
        let reaches = |from: &Height| *from <= height && height < from.plus(self.parameters.run_ahead);
        self.overridden.iter().any(reaches)
    }

    /// Highest height whose CHECKPOINT votes are kept (P0.6).
    fn checkpoints_to(&self) -> Height {
        self.chain.finalised().height.plus(self.parameters.run_ahead).plus(CHECKPOINTS_AHEAD_MAX)
    }
}
