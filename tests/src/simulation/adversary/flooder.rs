//! The flooder: has others check, look up and send as much as it can.

use super::{Identity, Said, Wrong, any_phase, junk_hash, junk_signature, to};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;
use countersign_types::{
    Address, Epoch, Evidence, Gas, Hash, Height, Payload, SecretKey, TimestampMs, Transaction, View, Vote,
};
use std::sync::Arc;

/// Messages to each peer at a time.
const BURST: usize = 40;

#[derive(Debug)]
pub(super) struct Flooder;

impl Wrong for Flooder {
    fn distort(&mut self, _: &Identity, _: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        vec![to(target, message)]
    }

    fn invent(&mut self, this: &Identity, random: &mut Random) -> Vec<Said> {
        let mut said = Vec::new();
        for peer in this.others() {
            said.extend((0..BURST).map(|_| to(Target::One(peer), junk(this, random))));
        }
        said.push(Said::Gossip((0..BURST).filter_map(|_| stranger(this, random)).map(Arc::new).collect()));
        said
    }
}

fn junk(this: &Identity, random: &mut Random) -> Wire {
    let number = random.below(400);
    match random.below(9) {
        0 => Wire::BlocksWanted { from: Height(number) },
        1 => Wire::TransactionsWanted((0..50).map(|_| junk_hash(random)).collect()),
        2 => Wire::Transactions((0..20).map(|_| random.bytes().to_vec()).collect()),
        3 => Wire::Consensus {
            epoch: Epoch::ZERO,
            message: Message::Certificate(this.forged(any_phase(random), number, junk_hash(random))),
        },
        4 => Wire::Consensus { epoch: Epoch::ZERO, message: Message::BlockRequest { block: junk_hash(random) } },
        5 => Wire::Consensus {
            epoch: Epoch::ZERO,
            message: Message::CertificatesRequest { from: View(0), to: View(u64::MAX) },
        },
        6 => Wire::Consensus { epoch: Epoch::ZERO, message: Message::RecoveryRequest { nonce: random.number() } },
        7 => {
            let first = this.vote(any_phase(random), number, junk_hash(random));
            let second = Vote { digest: junk_hash(random), signature: junk_signature(random), ..first.clone() };
            Wire::Consensus { epoch: Epoch::ZERO, message: Message::Evidence(Evidence { first, second }) }
        }
        _ => {
            let phase = any_phase(random);
            let digest = if phase == countersign_types::Phase::ViewChange { Hash::ZERO } else { junk_hash(random) };
            let signature = junk_signature(random);
            let vote = Vote { phase, epoch: Epoch::ZERO, number, digest, signer: this.index, signature };
            Wire::Consensus { epoch: Epoch::ZERO, message: Message::Vote { vote, reason: None } }
        }
    }
}

/// A well-formed transaction of somebody who has no account.
fn stranger(this: &Identity, random: &mut Random) -> Option<countersign_types::VerifiedTransaction> {
    let key = SecretKey::from_seed(&random.bytes());
    let body = Transaction {
        chain: this.genesis.chain(),
        signer: key.public(),
        nonce: random.number(),
        expires: TimestampMs(this.genesis.time.0 + 60_000),
        gas_limit: Gas(1_000_000),
        payload: Payload::Call { contract: Address(random.bytes()), method: "add".into(), input: Vec::new() },
    };
    body.sign(&key).verify(&this.genesis.chain()).ok()
}
