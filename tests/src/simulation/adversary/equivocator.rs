//! The equivocator: signs two blocks in a view, and two results of a height, and shows each to a part of the others.

use super::{Identity, Said, Wrong, consensus, junk_hash, said};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Proposal, Target};
use countersign_replica::wire::Wire;
use countersign_types::Phase;

#[derive(Debug)]
pub(super) struct Equivocator;

impl Wrong for Equivocator {
    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        let other = match &message {
            Wire::Consensus { epoch, message: Message::PrePrepare(proposal) } if *epoch == this.epoch => {
                Some(Message::PrePrepare(Box::new(proposal_at(this, proposal.as_ref().clone(), 1))))
            }
            Wire::Consensus { epoch, message: Message::Vote { vote, .. } }
                if *epoch == this.epoch && matches!(vote.phase, Phase::Prepare | Phase::Checkpoint) =>
            {
                let vote = this.vote(vote.phase, vote.number, junk_hash(random));
                Some(Message::Vote { vote, reason: None })
            }
            _ => None,
        };
        let (Some(other), Target::All) = (other.filter(|_| random.chance(700)), target) else {
            return vec![said(target, message)];
        };
        let mut all = Vec::new();
        for peer in this.others() {
            let (first, second) = (message.clone(), consensus(this.epoch, other.clone()));
            match random.below(3) {
                0 => all.push(said(Target::One(peer), first)),
                1 => all.push(said(Target::One(peer), second)),
                _ => all.extend([said(Target::One(peer), second), said(Target::One(peer), first)]),
            }
        }
        all
    }
}

/// The same proposal at a time some milliseconds from its own, as properly signed.
pub(super) fn proposal_at(this: &Identity, mut proposal: Proposal, off_ms: i64) -> Proposal {
    let header = &mut proposal.block.header;
    if header.view == proposal.view {
        header.time.0 = header.time.0.saturating_add_signed(off_ms);
    }
    let (view, hash) = (proposal.view.0, proposal.block.hash());
    proposal.signature = this.signature(Phase::PrePrepare, view, hash);
    proposal.prepare = this.signature(Phase::Prepare, view, hash);
    proposal
}
