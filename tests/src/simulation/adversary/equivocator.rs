//! The equivocator: signs two blocks in a view, and two things in a step, and shows each to a part of the others.

use super::{Identity, Said, Wrong, junk_hash, to};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Proposal, Target};
use countersign_replica::wire::Wire;
use countersign_types::{Epoch, Hash, Phase};

#[derive(Debug)]
pub(super) struct Equivocator;

impl Wrong for Equivocator {
    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        let other = match &message {
            Wire::Consensus { epoch: Epoch::ZERO, message: Message::PrePrepare(proposal) } => {
                Some(Message::PrePrepare(Box::new(twin(this, proposal.as_ref().clone()))))
            }
            Wire::Consensus { message: Message::Vote { vote, .. }, .. } if vote.signer == this.index => {
                let (phase, digest) = match vote.phase {
                    Phase::Commit => (Phase::ViewChange, Hash::ZERO),
                    Phase::ViewChange => (Phase::Commit, junk_hash(random)),
                    phase => (phase, junk_hash(random)),
                };
                Some(Message::Vote { vote: this.vote(phase, vote.number, digest), reason: None })
            }
            _ => None,
        };
        let (Some(other), Target::All) = (other.filter(|_| random.chance(600)), target) else {
            return vec![to(target, message)];
        };
        let mut said = Vec::new();
        for peer in this.others() {
            let (first, second) = (message.clone(), Wire::Consensus { epoch: Epoch::ZERO, message: other.clone() });
            match random.below(3) {
                0 => said.push(to(Target::One(peer), first)),
                1 => said.push(to(Target::One(peer), second)),
                _ => said.extend([to(Target::One(peer), second), to(Target::One(peer), first)]),
            }
        }
        said
    }
}

/// The same proposal a millisecond later, as properly signed.
fn twin(this: &Identity, mut proposal: Proposal) -> Proposal {
    let header = &mut proposal.block.header;
    if header.view == proposal.view {
        header.time = header.time.plus(1);
    }
    let (view, hash) = (proposal.view.0, proposal.block.hash());
    proposal.signature = this.vote(Phase::PrePrepare, view, hash).signature;
    proposal.prepare = this.vote(Phase::Prepare, view, hash).signature;
    proposal
}
