//! The hostile source: whoever wants to catch up gets blocks that are not certified, not of that height, cut short or
//! made up. It pretends to be an epoch ahead, so that others want to.

use super::liar::wrong_block;
use super::{Identity, Said, Wrong, any_phase, consensus, junk_hash, said};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::{CertifiedBlock, Wire};
use countersign_types::{Height, View};

#[derive(Debug)]
pub(super) struct HostileSource;

impl Wrong for HostileSource {
    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        let Wire::Blocks { certified, mut blocks } = message else { return vec![said(target, message)] };
        let certified = certified.plus(random.number() >> random.below(64));
        match random.below(12) {
            0 => blocks.clear(),
            1 => blocks.reverse(),
            2 => blocks = blocks.into_iter().skip(1).collect(),
            3 => {
                let bodies: Vec<_> = blocks.iter().map(|block| block.transactions.clone()).rev().collect();
                for (block, transactions) in blocks.iter_mut().zip(bodies) {
                    block.transactions = transactions;
                }
            }
            _ => blocks = blocks.into_iter().map(|block| wrong_certified(this, random, block)).collect(),
        }
        vec![said(target, Wire::Blocks { certified, blocks })]
    }

    fn invent(&mut self, this: &Identity, random: &mut Random) -> Vec<Said> {
        let certified = Height(random.number() >> random.below(64));
        let ahead = Message::Query { view: View(1), finalised: View::ZERO, certified };
        vec![
            said(Target::All, Wire::Blocks { certified, blocks: Vec::new() }),
            said(Target::All, consensus(this.epoch.next(), ahead)),
        ]
    }
}

fn wrong_certified(this: &Identity, random: &mut Random, mut certified: CertifiedBlock) -> CertifiedBlock {
    match random.below(8) {
        0 => certified.block = wrong_block(random, certified.block),
        1 => certified.result.state_root = junk_hash(random),
        2 => certified.transactions.clear(),
        3 => {
            let number = certified.result.height.0;
            certified.certificate = this.forged(certified.certificate.phase, number, certified.result.hash());
        }
        4 => certified.finality = this.forged(certified.finality.phase, u64::MAX, certified.block.hash()),
        5 => certified.certificate.signatures.truncate(1),
        6 => certified.finality = certified.certificate.clone(),
        _ => certified.finality.phase = any_phase(random),
    }
    certified
}
