//! The time liar: its blocks are of times that are not now, by a little or by a lot.

use super::equivocator::proposal_at;
use super::{Identity, Said, Wrong, consensus, said};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;

/// Milliseconds by which it lies: around the precision that is asked for, and far beyond.
const LIES: [i64; 8] = [1_900, 2_100, 30_000, 3_600_000, -500, -9_000, -11_000, -3_600_000];

#[derive(Debug)]
pub(super) struct TimeLiar;

impl Wrong for TimeLiar {
    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        let lie = random.pick(&LIES).unwrap_or_default();
        match message {
            Wire::Consensus { epoch, message: Message::PrePrepare(proposal) } if epoch == this.epoch => {
                let proposal = proposal_at(this, *proposal, lie);
                vec![said(target, consensus(epoch, Message::PrePrepare(Box::new(proposal))))]
            }
            other => vec![said(target, other)],
        }
    }
}
