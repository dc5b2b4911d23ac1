//! The liar: says that it stands elsewhere than it does, and serves blocks that are not what they claim to be.

use super::{Identity, Said, Wrong, any_phase, junk_hash, to};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::{CertifiedBlock, Wire};
use countersign_types::{Block, Epoch, Height, View};

#[derive(Debug)]
pub(super) struct Liar;

impl Wrong for Liar {
    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        if random.chance(300) {
            return vec![to(target, message)]; // Not every word is a lie.
        }
        let lie = match message {
            Wire::Consensus { epoch: Epoch::ZERO, message: Message::Query { .. } } => {
                Wire::Consensus { epoch: Epoch::ZERO, message: standing(random) }
            }
            Wire::Consensus { epoch: Epoch::ZERO, message: Message::BlockResponse(block) } => Wire::Consensus {
                epoch: Epoch::ZERO,
                message: Message::BlockResponse(Box::new(wrong_block(random, *block))),
            },
            Wire::Consensus { epoch: Epoch::ZERO, message: Message::Certificate(one) } => {
                let digest = if random.chance(500) { one.digest } else { junk_hash(random) };
                Wire::Consensus {
                    epoch: Epoch::ZERO,
                    message: Message::Certificate(this.forged(one.phase, one.number + random.below(50), digest)),
                }
            }
            Wire::Blocks { certified, blocks } => {
                let blocks = blocks.into_iter().map(|block| wrong_certified(this, random, block)).collect();
                Wire::Blocks { certified: certified.plus(random.number() >> random.below(64)), blocks }
            }
            Wire::Transactions(bytes) => Wire::Transactions(
                bytes.into_iter().map(|bytes| if random.chance(500) { bytes } else { vec![7; 300] }).collect(),
            ),
            other => other,
        };
        vec![to(target, lie)]
    }

    fn invent(&mut self, this: &Identity, random: &mut Random) -> Vec<Said> {
        let (digest, number) = (junk_hash(random), random.number() >> random.below(64));
        let certificate = this.forged(any_phase(random), number, digest);
        vec![
            to(Target::All, Wire::Consensus { epoch: Epoch::ZERO, message: standing(random) }),
            to(Target::All, Wire::Consensus { epoch: Epoch::ZERO, message: Message::Certificate(certificate) }),
            to(Target::All, Wire::Blocks { certified: Height(number), blocks: Vec::new() }),
        ]
    }
}

fn standing(random: &mut Random) -> Message {
    let mut any = || random.number() >> random.below(64);
    Message::Query { view: View(any()), finalised: View(any()), certified: Height(any()) }
}

/// The right height, and something else wrong.
fn wrong_block(random: &mut Random, mut block: Block) -> Block {
    match random.below(3) {
        0 => block.header.parent = junk_hash(random),
        1 => block.header.time = block.header.time.plus(1),
        _ => block.transactions.push(junk_hash(random)),
    }
    block
}

fn wrong_certified(this: &Identity, random: &mut Random, mut certified: CertifiedBlock) -> CertifiedBlock {
    match random.below(6) {
        0 => certified.block = wrong_block(random, certified.block),
        1 => certified.result.state_root = junk_hash(random),
        2 => certified.transactions.clear(),
        3 => {
            let number = certified.result.height.0;
            certified.certificate = this.forged(certified.certificate.phase, number, certified.result.hash());
        }
        4 => certified.finality = this.forged(certified.finality.phase, u64::MAX, certified.block.hash()),
        _ => certified.certificate.signatures.truncate(1),
    }
    certified
}
