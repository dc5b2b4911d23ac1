//! The liar: says that it stands elsewhere than it does, and answers questions with what is not so.

use super::{Identity, Said, Wrong, any_phase, consensus, junk_hash, said};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;
use countersign_types::{Block, Height, View};

#[derive(Debug)]
pub(super) struct Liar;

impl Wrong for Liar {
    fn distort(&mut self, this: &Identity, random: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        if random.chance(300) {
            return vec![said(target, message)]; // Not every word is a lie.
        }
        let lie = match message {
            Wire::Consensus { epoch, message } if epoch == this.epoch => {
                consensus(epoch, lie_about(this, random, message))
            }
            Wire::Transactions(bytes) => Wire::Transactions(
                bytes.into_iter().map(|bytes| if random.chance(500) { bytes } else { vec![7; 300] }).collect(),
            ),
            other => other,
        };
        vec![said(target, lie)]
    }

    fn invent(&mut self, this: &Identity, random: &mut Random) -> Vec<Said> {
        let (digest, number) = (junk_hash(random), random.number() >> random.below(64));
        let certificate = this.forged(any_phase(random), number, digest);
        vec![
            said(Target::All, consensus(this.epoch, standing(random))),
            said(Target::All, consensus(this.epoch, Message::Certificate(certificate))),
        ]
    }
}

fn lie_about(this: &Identity, random: &mut Random, message: Message) -> Message {
    match message {
        Message::Query { .. } => standing(random),
        Message::BlockResponse(block) => Message::BlockResponse(Box::new(wrong_block(random, *block))),
        Message::RecoveryResponse { nonce, certificate } => {
            let number = random.number() >> random.below(64);
            let forged = certificate.map(|one| this.forged(one.phase, number, one.digest));
            Message::RecoveryResponse { nonce, certificate: forged.filter(|_| random.chance(700)) }
        }
        Message::Certificate(one) => {
            let digest = if random.chance(500) { one.digest } else { junk_hash(random) };
            Message::Certificate(this.forged(one.phase, one.number + random.below(50), digest))
        }
        other => other,
    }
}

fn standing(random: &mut Random) -> Message {
    let mut any = || random.number() >> random.below(64);
    Message::Query { view: View(any()), finalised: View(any()), certified: Height(any()) }
}

/// The right height, and something else wrong.
pub(super) fn wrong_block(random: &mut Random, mut block: Block) -> Block {
    match random.below(3) {
        0 => block.header.parent = junk_hash(random),
        1 => block.header.time = block.header.time.plus(1),
        _ => block.transactions.push(junk_hash(random)),
    }
    block
}
