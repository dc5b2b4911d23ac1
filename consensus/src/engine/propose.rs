//! P1: what a leader proposes, and what it shows with it.

use super::Engine;
use crate::action::{Action, Propose, Target};
use crate::chain::{Place, State};
use crate::limits::GAP_CERTIFICATES_MAX;
use crate::message::{Message, Proposal};
use crate::mutation::{Mutation, planted};
use crate::record::Record;
use crate::round::Seen;
use countersign_types::{Block, Certificate, Hash, Phase, Signature, View};

/// Where the next block can stand.
enum Parent {
    /// On this block.
    On(Place),
    /// The certificate or the block of this view is missing.
    Missing(View),
}

impl Engine {
    /// P1.1: orders a block from the replica if this validator leads, one is due, and it can stand.
    pub(super) fn propose(&mut self) {
        if !self.may_propose() {
            return;
        }
        let parent = match self.parent() {
            Parent::On(parent) => parent,
            Parent::Missing(view) => return self.ask_range(view), // P1.3
        };
        let above = parent.height.next();
        let named = self.results.named_at(above).filter(|_| self.reaches(above)); // P10.2
        let Some(result) = named else { return self.propose_again(&parent) };
        if self.now <= parent.time {
            return; // P1.4: the alarm is set for it.
        }
        self.asked = Some(self.view);
        self.order(Action::Propose(Propose {
            view: self.view,
            parent: parent.block,
            parent_height: parent.height,
            time_after: parent.time,
            ancestors: self.chain.unexecuted_line(parent.block),
            result,
        }));
    }

    /// Whether it is this validator's turn and it has not used it.
    pub(super) fn may_propose(&self) -> bool {
        let view = self.view;
        let own = self.rounds.get(&view).map(|round| &round.own);
        let unused =
            own.is_none_or(|own| own.pre_prepare.is_none() && own.prepare.is_none() && own.view_change.is_none());
        self.own_index() == Some(self.committee.leader(view))
            && self.pacemaker.due_since.is_some()
            && self.asked != Some(view)
            && self.can_sign(view)
            && unused
    }

    /// Time of the block that the own proposal would extend.
    pub(super) fn parent_time(&self) -> Option<countersign_types::TimestampMs> {
        match self.parent() {
            Parent::On(place) => Some(place.time),
            Parent::Missing(_) => None,
        }
    }

    /// P1.2: the highest certified block below the current view, all views above it having come to nothing.
    fn parent(&self) -> Parent {
        let mut view = self.view.previous();
        while view > self.last_final.view {
            let Some(round) = self.rounds.get(&view) else { return Parent::Missing(view) };
            let held = round.prepared_block().filter(|block| self.chain.is_held(block));
            let held = held.filter(|_| !planted(Mutation::ForksFromFinal));
            if let Some(place) = held.and_then(|block| self.chain.place(&block)) {
                return Parent::On(place);
            }
            if round.changed.is_none() && !planted(Mutation::GapUnproven) {
                return Parent::Missing(view);
            }
            view = view.previous();
        }
        let finalised = self.chain.finalised();
        let provable = self.last_final.certificate.is_some() || self.last_final.view == View::ZERO; // P10.3
        if finalised.block == self.last_final.block && provable {
            Parent::On(finalised)
        } else {
            Parent::Missing(self.last_final.view)
        }
    }

    /// P1.5: the replica built the block: it is written, signed and sent.
    pub(super) fn proposed(&mut self, view: View, block: Block) {
        let expected = view == self.view && self.asked == Some(view);
        if !expected || block.header.view != view || !self.fits(&block) || !self.may_still_propose() {
            return;
        }
        let hash = block.hash();
        let parent = block.header.parent;
        if self.justification(view, parent).is_none() || !self.chain.insert(hash, block.clone(), State::Held) {
            return;
        }
        self.trim();
        self.persist(Record::Block(Box::new(block.clone())));
        self.pre_prepare_and_send(block, parent);
    }

    /// P1.6: no height above the certified block can be proposed before it is final, so it stands again.
    fn propose_again(&mut self, certified: &Place) {
        if self.is_certified_only(certified)
            && !planted(Mutation::CertifiedOnce)
            && let Some(block) = self.chain.block(&certified.block).cloned()
        {
            self.pre_prepare_and_send(block, certified.block);
        }
    }

    /// Whether a block has a prepare certificate and is not known to be final.
    pub(super) fn is_certified_only(&self, place: &Place) -> bool {
        place.block != self.last_final.block && place.block != self.chain.finalised().block
    }

    /// P1.5: signs a block that is written, resting on the certificate of `on`, and sends it.
    fn pre_prepare_and_send(&mut self, block: Block, on: Hash) {
        let (view, hash) = (self.view, block.hash());
        let Some((parent_view, parent, gap)) = self.justification(view, on) else { return };
        let result = self.results.certificate_for(block.header.height).cloned();
        let Some((pre_prepare, _)) = self.sign(Phase::PrePrepare, view.0, hash) else { return };
        let Some((prepare, entry)) = self.sign(Phase::Prepare, view.0, hash) else { return };
        let seen = Seen { block: hash, signature: pre_prepare.signature, parent_view, arrived: self.now };
        self.round(view).seen = Some(seen);
        let (signature, prepare) = (pre_prepare.signature, prepare.signature);
        let proposal = Proposal { view, block, signature, prepare, parent, gap, result };
        self.counters.proposals_sent = self.counters.proposals_sent.saturating_add(1);
        self.send(Target::All, Message::PrePrepare(Box::new(proposal)), entry);
    }

    fn may_still_propose(&self) -> bool {
        let own = self.rounds.get(&self.view).map(|round| &round.own);
        self.can_sign(self.view) && own.is_none_or(|own| own.pre_prepare.is_none() && own.view_change.is_none())
    }

    /// Whether the replica's block is what was ordered.
    fn fits(&self, block: &Block) -> bool {
        let header = &block.header;
        let parent = self.chain.place(&header.parent).filter(|_| self.chain.is_held(&header.parent));
        parent.is_some_and(|parent| header.height == parent.height.next() && header.time > parent.time)
            && self.is_sound(header)
            && self.results.named_at(header.height) == Some(header.result)
            && self.reaches(header.height)
            && block.is_consistent()
    }

    /// The parent's view and certificate, and the newest view-change certificates above it.
    fn justification(&self, view: View, parent: Hash) -> Option<(View, Option<Certificate>, Vec<Certificate>)> {
        let mut gap = Vec::new();
        let mut below = view.previous();
        while below > self.last_final.view {
            let round = self.rounds.get(&below)?;
            if round.prepared_block() == Some(parent) {
                gap.reverse();
                return Some((below, round.prepared.clone(), gap));
            }
            let changed = round.changed.as_ref()?;
            if gap.len() < GAP_CERTIFICATES_MAX {
                gap.push(changed.clone());
            }
            below = below.previous();
        }
        gap.reverse();
        let final_again = parent == self.last_final.block;
        final_again.then(|| (self.last_final.view, self.last_final.certificate.clone(), gap))
    }

    /// P5.7: the own proposal of the current view, byte for byte as it was signed.
    pub(super) fn own_proposal(&self) -> Option<Proposal> {
        let round = self.rounds.get(&self.view)?;
        let signature: Signature = round.own.pre_prepare.as_ref()?.signature;
        let prepare = round.own.prepare.as_ref()?;
        let block = self.chain.block(&prepare.digest)?.clone();
        let on = if block.header.view < self.view { prepare.digest } else { block.header.parent };
        let (_, parent, gap) = self.justification(self.view, on)?;
        let result = self.results.certificate_for(block.header.height).cloned();
        Some(Proposal { view: self.view, block, signature, prepare: prepare.signature, parent, gap, result })
    }
}
