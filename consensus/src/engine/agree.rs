//! PRE-PREPARE, PREPARE and the votes of others.

use super::Engine;
use crate::action::{Action, Target};
use crate::chain::State;
use crate::limits::EVIDENCE_PER_SIGNER_MAX;
use crate::message::{Message, Proposal};
use crate::mutation::{Mutation, planted};
use crate::round::Seen;
use crate::tally::{Added, Check};
use countersign_types::{Certificate, Evidence, Hash, Header, Height, Phase, Signature, View, Vote};
use std::cmp::Ordering;

/// What the certificates here say about a proposal's place.
enum Place {
    /// Its parent is certified and every view between came to nothing.
    Justified,
    /// The view-change certificate of this view is missing here.
    Unknown(View),
    /// It cannot stand there.
    Wrong,
}

impl Engine {
    /// P2.1: takes in a proposal.
    pub(super) fn pre_prepare(&mut self, from: u16, proposal: Proposal) {
        let view = proposal.view;
        if view < self.view || view <= self.last_final.view {
            return;
        }
        if from != self.committee.leader(view) {
            return self.refuse();
        }
        let Proposal { view: _, block, signature, prepare, parent, gap, result } = proposal;
        let parent_place = parent.as_ref().map(|certificate| (View(certificate.number), certificate.digest));
        if !self.attached(from, parent, gap, result) || !self.keeps(view) || view < self.view {
            return; // Its certificates may have finalised or passed the view, which is no fault.
        }
        let hash = block.hash();
        if let Some(seen) = self.round(view).seen.clone() {
            if seen.block != hash {
                let first = self.pre_prepare_vote(view, (seen.block, seen.signature), from);
                let second = self.pre_prepare_vote(view, (hash, signature), from);
                self.contradiction(first, second);
            }
            if !planted(Mutation::PrepareTwice) || seen.block == hash {
                return;
            }
            self.round(view).own.prepare = None;
        }
        let vote = self.pre_prepare_vote(view, (hash, signature), from);
        if !self.verifies(from, &vote) || !block.is_consistent() {
            return self.refuse();
        }
        self.peers.heard(from, view, self.view);
        self.counters.proposals_received = self.counters.proposals_received.saturating_add(1);
        if view == self.view {
            self.pacemaker.saw_proposal(self.now);
        }
        let (parent_view, parent_block) = parent_place.unwrap_or((View::ZERO, self.origin.block)); // P10.3
        let seen = Seen { block: hash, signature, parent_view, arrived: self.now };
        let header = &block.header;
        let sound = self.is_sound(header)
            && match header.view.cmp(&view) {
                Ordering::Equal => parent_block == header.parent && self.is_timely(header),
                Ordering::Less => parent_block == hash, // P1.6
                Ordering::Greater => false,
            };
        let round = self.round(view);
        round.seen = Some(seen);
        if !sound {
            round.refused = true; // P2.4
            return;
        }
        self.chain.insert(hash, block, State::Waiting);
        self.trim();
        let vote =
            Vote { signature: prepare, phase: Phase::Prepare, ..self.pre_prepare_vote(view, (hash, prepare), from) };
        self.add_vote(&vote, false); // P2.5
    }

    /// Takes in the certificates that came with a proposal. One bad one drops the message alone.
    fn attached(
        &mut self,
        from: u16,
        parent: Option<Certificate>,
        gap: Vec<Certificate>,
        result: Option<Certificate>,
    ) -> bool {
        let fits = parent.as_ref().is_none_or(|one| matches!(one.phase, Phase::Prepare | Phase::Commit))
            && gap.iter().all(|one| one.phase == Phase::ViewChange)
            && result.as_ref().is_none_or(|one| one.phase == Phase::Checkpoint);
        if !fits {
            self.refuse();
            return false;
        }
        parent.into_iter().chain(gap).chain(result).all(|certificate| self.certificate(from, certificate))
    }

    fn pre_prepare_vote(&self, view: View, (digest, signature): (Hash, Signature), signer: u16) -> Vote {
        Vote { phase: Phase::PrePrepare, epoch: self.committee.epoch(), number: view.0, digest, signer, signature }
    }

    /// P2.2: what a header says without its parent.
    pub(super) fn is_sound(&self, header: &Header) -> bool {
        header.chain == self.committee.chain()
            && header.epoch == self.committee.epoch()
            && header.validators == self.committee.set_hash()
            && header.proposer == self.committee.leader(header.view)
            && header.view > View::ZERO
    }

    /// P2.3: within delay and precision of this clock, at the first receipt only.
    fn is_timely(&mut self, header: &Header) -> bool {
        let bound = |base: u64| self.pacemaker.grown(base).min(base.max(self.parameters.view_timeout_max_ms));
        let (precision, delay) = (bound(self.parameters.time_precision_ms), bound(self.parameters.time_delay_ms));
        let timely = header.time <= self.now.plus(precision) && self.now <= header.time.plus(delay).plus(precision);
        self.counters.untimely = self.counters.untimely.saturating_add(u64::from(!timely));
        timely || planted(Mutation::UntimelyAccepted)
    }

    /// P1.2: whether the certificates let the current view's proposal stand.
    fn place(&self, view: View, parent_view: View, parent: Hash) -> Place {
        let certified = if parent_view == self.last_final.view {
            self.last_final.block == parent
        } else {
            self.rounds.get(&parent_view).and_then(|round| round.prepared_block()) == Some(parent)
        };
        if !certified || parent_view < self.last_final.view || parent_view >= view {
            return Place::Wrong;
        }
        let mut between = parent_view.next();
        while between < view {
            let unproven = self.rounds.get(&between).is_none_or(|round| round.changed.is_none());
            if unproven && !planted(Mutation::GapUnproven) {
                return Place::Unknown(between);
            }
            between = between.next();
        }
        Place::Justified
    }

    /// P2.5: PREPARE for the current view's proposal, once everything it needs is here.
    pub(super) fn prepare(&mut self) {
        let view = self.view;
        let Some(round) = self.rounds.get(&view) else { return };
        let Some(seen) = round.seen.clone() else { return };
        if round.own.prepare.is_some() || round.refused || !self.can_sign(view) {
            return;
        }
        let Some(header) = self.chain.block(&seen.block).map(|block| block.header.clone()) else { return };
        let again = header.view < view; // P1.6: certified, and not judged again.
        let on = if again { seen.block } else { header.parent };
        let wrong = match self.place(view, seen.parent_view, on) {
            Place::Wrong => true,
            Place::Unknown(missing) => return self.ask_range(missing), // P1.3
            Place::Justified => {
                let named = self.results.named_at(header.height); // P2.6
                let refused = self.chain.state(&seen.block) == Some(State::Invalid); // P2.4
                let last = self.last.filter(|_| !planted(Mutation::BeyondTheLast));
                let beyond = last.is_some_and(|last| header.height > last); // P10.2
                refused || !again && (beyond || named.is_some_and(|named| named != header.result))
            }
        };
        if wrong {
            self.round(view).refused = true;
            return;
        }
        let ready = self.chain.state(&seen.block) == Some(State::Held)
            && (again || self.results.named_at(header.height) == Some(header.result) && self.reaches(header.height));
        if ready {
            self.sign_and_send(Phase::Prepare, view.0, seen.block, None);
        }
    }

    /// P0.6: a vote from its signer itself.
    pub(super) fn vote(&mut self, from: u16, vote: &Vote, reason: Option<Certificate>) {
        if vote.signer != from || vote.epoch != self.committee.epoch() || vote.phase == Phase::PrePrepare {
            return self.refuse();
        }
        let zero = vote.digest == Hash::ZERO;
        if zero != (vote.phase == Phase::ViewChange) {
            return self.refuse();
        }
        if vote.phase == Phase::Checkpoint {
            return self.add_checkpoint(vote, false);
        }
        let view = View(vote.number);
        self.peers.heard(from, view, self.view);
        if let Some(reason) = reason {
            let fits = reason.phase == Phase::Prepare && vote.phase == Phase::Commit && reason.number == vote.number;
            if !fits || !self.certificate(from, reason) {
                return self.refuse();
            }
        }
        if vote.phase == Phase::ViewChange && view < self.view {
            self.help_out_of(from, view); // P5.6
        }
        if self.keeps(view) {
            self.add_vote(vote, false);
        }
    }

    /// Adds a vote of a view that is kept, and makes the certificate if it was the last one needed.
    pub(super) fn add_vote(&mut self, vote: &Vote, verified: bool) {
        let view = View(vote.number);
        if view <= self.last_final.view {
            return;
        }
        let epoch = self.committee.epoch();
        let round = self.round(view);
        let Some(tally) = round.tally(vote.phase) else { return };
        match tally.add(vote, verified) {
            Added::Known => {}
            Added::Conflict(other) => self.replace(&other, vote),
            Added::New => {
                let opposite = match vote.phase {
                    Phase::Commit => round.view_change.vote_of(vote.signer, epoch),
                    Phase::ViewChange => round.commit.vote_of(vote.signer, epoch),
                    _ => None,
                };
                if let Some(opposite) = opposite {
                    self.contradiction(opposite, vote.clone()); // P8.1
                }
                self.counters.votes_received = self.counters.votes_received.saturating_add(1);
                self.count(view, vote.phase, vote.digest);
            }
        }
    }

    /// Two votes of one signer for one step: evidence if both are real; the slot goes to the real one.
    fn replace(&mut self, first: &Vote, second: &Vote) {
        if !self.outweighs(first, second) {
            return;
        }
        if let Some(tally) = self.round(View(first.number)).tally(first.phase) {
            tally.remove(first.signer);
        }
        if self.verifies(second.signer, second) {
            self.add_vote(second, true);
        }
    }

    /// Whether a vote that conflicts with the one in its signer's slot may take its place, since that one is false.
    pub(super) fn outweighs(&mut self, first: &Vote, second: &Vote) -> bool {
        if self.contradiction(first.clone(), second.clone()) {
            return false;
        }
        let keeps = self.verifies(first.signer, first);
        if keeps {
            self.peers.wasted(second.signer, 1, self.now); // False, or it tells nothing new.
        }
        !keeps
    }

    /// P3, P4, P5.3: makes the certificate of a step once a quorum has voted for it.
    fn count(&mut self, view: View, phase: Phase, digest: Hash) {
        let Some(round) = self.rounds.get_mut(&view) else { return };
        let needed = match phase {
            Phase::Prepare => round.prepared.is_none(),
            Phase::ViewChange => round.changed.is_none() && round.prepared.is_none(),
            _ => true,
        };
        let Some(tally) = round.tally(phase).filter(|_| needed) else { return };
        let check =
            Check { committee: &self.committee, counters: &mut self.counters, peers: &mut self.peers, now: self.now };
        let Some(certificate) = tally.certificate(&digest, check) else { return };
        match phase {
            Phase::Prepare => self.prepared(certificate),
            Phase::Commit => self.committed(certificate),
            Phase::ViewChange => self.changed(certificate),
            Phase::PrePrepare | Phase::Checkpoint => {}
        }
    }

    /// P8.1: reports two votes that contradict each other, once, if both are real.
    pub(super) fn contradiction(&mut self, first: Vote, second: Vote) -> bool {
        let evidence = Evidence { first, second };
        let proven = self.report(evidence.second.signer, &evidence);
        if proven {
            self.send(Target::All, Message::Evidence(evidence), 0);
        }
        proven
    }

    /// P8.2: evidence that a peer found.
    pub(super) fn evidence(&mut self, from: u16, evidence: &Evidence) {
        self.report(from, evidence);
    }

    fn report(&mut self, from: u16, evidence: &Evidence) -> bool {
        let (first, second) = (&evidence.first, &evidence.second);
        if first.phase == Phase::Checkpoint && self.is_overridden(Height(first.number)) {
            return false; // P6.5
        }
        let case = (first.number, first.phase.min(second.phase));
        let known = self.reported.get(&first.signer);
        if known.is_some_and(|cases| cases.len() >= EVIDENCE_PER_SIGNER_MAX || cases.contains(&case)) {
            return false;
        }
        let proven = self.committee.proves(evidence) || planted(Mutation::EvidenceBelieved);
        self.checked(from, 2, proven);
        if !proven {
            self.refuse();
            return false;
        }
        self.reported.entry(first.signer).or_default().insert(case);
        self.counters.equivocations = self.counters.equivocations.saturating_add(1);
        self.order(Action::Evidence(evidence.clone()));
        true
    }
}
