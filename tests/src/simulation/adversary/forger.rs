//! The forger: signs for others, votes with signatures that are none, proposes on certificates that nobody signed, accuses the innocent, and garbles
//! transactions that it passes on.

use super::{Identity, Said, Wrong, any_phase, consensus, junk_hash, junk_signature, said};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;
use countersign_types::{Evidence, Hash, Phase, View};

#[derive(Debug)]
pub(super) struct Forger;

impl Wrong for Forger {
    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        let forged = match message {
            Wire::Consensus { epoch, message: Message::PrePrepare(mut proposal) }
                if epoch == this.epoch && random.chance(500) =>
            {
                let below = View(proposal.view.0.saturating_sub(1));
                match random.below(4) {
                    0 => proposal.parent = Some(this.forged(Phase::Prepare, below.0, proposal.block.header.parent)),
                    1 => proposal.gap.push(this.forged(Phase::ViewChange, below.0, Hash::ZERO)),
                    2 => proposal.block.header.proposer = proposal.block.header.proposer.wrapping_add(1),
                    _ => proposal.view = proposal.view.next(),
                }
                let (view, hash) = (proposal.view.0, proposal.block.hash());
                proposal.signature = this.signature(Phase::PrePrepare, view, hash);
                proposal.prepare = this.signature(Phase::Prepare, view, hash);
                consensus(epoch, Message::PrePrepare(proposal))
            }
            Wire::Consensus { epoch, message: Message::Vote { vote, reason } }
                if reason.is_some() && random.chance(300) =>
            {
                let reason = reason.map(|one| this.forged(one.phase, one.number, one.digest));
                consensus(epoch, Message::Vote { vote, reason })
            }
            Wire::Consensus { epoch, message: Message::Vote { mut vote, reason } } if random.chance(200) => {
                vote.signature = junk_signature(random);
                consensus(epoch, Message::Vote { vote, reason })
            }
            Wire::Transactions(mut signed) => {
                for byte in signed.iter_mut().filter_map(|bytes| bytes.last_mut()) {
                    *byte ^= 1;
                }
                Wire::Transactions(signed)
            }
            other => other,
        };
        vec![said(target, forged)]
    }

    fn invent(&mut self, this: &Identity, random: &mut Random) -> Vec<Said> {
        let (number, digest, phase) = (random.below(60), junk_hash(random), any_phase(random));
        let digest = if phase == Phase::ViewChange { Hash::ZERO } else { digest };
        let victim = u16::try_from(random.below(u64::from(this.count.max(1)))).unwrap_or(0);
        let mut vote = this.vote(phase, number, digest);
        vote.signer = victim;
        let other =
            countersign_types::Vote { digest: junk_hash(random), signature: junk_signature(random), ..vote.clone() };
        let message = match random.below(3) {
            0 => Message::Vote { vote, reason: None },
            1 => Message::Certificate(this.forged(phase, number, digest)),
            _ => Message::Evidence(Evidence { first: vote, second: other }),
        };
        vec![said(Target::All, consensus(this.epoch, message))]
    }
}
