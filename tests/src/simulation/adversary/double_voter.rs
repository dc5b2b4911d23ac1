//! The double voter: prepares and commits every block that it hears of in a view, and gives the view up as well.

use super::{Identity, Said, Wrong, consensus, said};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;
use countersign_types::{Hash, Phase};
use std::collections::BTreeSet;

/// Proposals that it remembers.
const PROPOSALS_MAX: usize = 32;

#[derive(Debug, Default)]
pub(super) struct DoubleVoter {
    proposed: BTreeSet<(u64, Hash)>,
}

impl Wrong for DoubleVoter {
    fn hear(&mut self, message: &Wire) {
        if let Wire::Consensus { message: Message::PrePrepare(proposal), .. } = message {
            self.proposed.insert((proposal.view.0, proposal.block.hash()));
            if self.proposed.len() > PROPOSALS_MAX {
                self.proposed.pop_first();
            }
        }
    }

    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        let contrary = match &message {
            Wire::Consensus { epoch, message: Message::Vote { vote, .. } } if *epoch == this.epoch => {
                match vote.phase {
                    Phase::Commit => Some(this.vote(Phase::ViewChange, vote.number, Hash::ZERO)),
                    Phase::ViewChange => {
                        let of_view = self.proposed.iter().find(|(view, _)| *view == vote.number);
                        of_view.map(|(view, block)| this.vote(Phase::Commit, *view, *block))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        let mut all = vec![said(target, message)];
        if let Some(vote) = contrary {
            let place = random.index(2);
            all.insert(place, said(target, consensus(this.epoch, Message::Vote { vote, reason: None })));
        }
        all
    }

    fn invent(&mut self, this: &Identity, random: &mut Random) -> Vec<Said> {
        let Some((view, block)) = self.proposed.last().copied() else { return Vec::new() };
        let phase = random.pick(&[Phase::Prepare, Phase::Commit]).unwrap_or(Phase::Commit);
        let vote = this.vote(phase, view, block);
        vec![said(Target::All, consensus(this.epoch, Message::Vote { vote, reason: None }))]
    }
}
