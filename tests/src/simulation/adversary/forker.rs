//! The forker: as a leader, builds on the block before the newest certified one, with that one's certificate for its parent
//! and as if every view since had come to nothing.

use super::{Identity, Said, Wrong, consensus, said};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Proposal, Target};
use countersign_replica::wire::Wire;
use countersign_types::{Hash, Phase};
use std::collections::VecDeque;

/// Proposals that it remembers.
const PROPOSALS_MAX: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Forker {
    proposed: VecDeque<(Hash, Proposal)>,
}

impl Forker {
    fn keep(&mut self, message: &Wire) {
        if let Wire::Consensus { message: Message::PrePrepare(proposal), .. } = message {
            self.proposed.truncate(PROPOSALS_MAX - 1);
            self.proposed.push_front((proposal.block.hash(), proposal.as_ref().clone()));
        }
    }
}

impl Wrong for Forker {
    fn hear(&mut self, message: &Wire) {
        self.keep(message);
    }

    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        let Wire::Consensus { epoch, message: Message::PrePrepare(own) } = &message else {
            return vec![said(target, message)];
        };
        let parent = own.block.header.parent;
        let rival = self.proposed.iter().find(|(hash, _)| *hash == parent).map(|(_, rival)| rival);
        let forked = rival.filter(|_| *epoch == this.epoch && random.chance(700)).map(|rival| beside(this, own, rival));
        self.keep(&message);
        match forked {
            Some(proposal) => vec![said(target, consensus(this.epoch, Message::PrePrepare(Box::new(proposal))))],
            None => vec![said(target, message)],
        }
    }
}

/// The own proposal at the place of the block that it would extend.
fn beside(this: &Identity, own: &Proposal, rival: &Proposal) -> Proposal {
    let mut proposal = own.clone();
    let (header, taken) = (&mut proposal.block.header, &rival.block.header);
    (header.height, header.parent, header.result) = (taken.height, taken.parent, taken.result);
    (proposal.parent, proposal.result) = (rival.parent.clone(), rival.result.clone());
    proposal.gap.clear();
    let (view, hash) = (proposal.view.0, proposal.block.hash());
    proposal.signature = this.signature(Phase::PrePrepare, view, hash);
    proposal.prepare = this.signature(Phase::Prepare, view, hash);
    proposal
}
