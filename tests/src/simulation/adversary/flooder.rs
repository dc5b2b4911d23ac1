//! The flooder: has others check, look up and send as much as it can.

use super::{Identity, Said, Wrong, any_phase, consensus, junk_hash, junk_signature, said};
use crate::simulation::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;
use countersign_types::{
    Address, Evidence, Gas, Hash, Height, Payload, Phase, SecretKey, TimestampMs, Transaction, VerifiedTransaction,
    View, Vote,
};
use std::sync::Arc;

/// Messages to each peer at a time.
const BURST: usize = 40;
/// Transactions of strangers that it makes once and sends again and again, since making them costs the simulator more
/// than refusing them costs its victims.
const STRANGERS: usize = 40;

#[derive(Debug, Default)]
pub(super) struct Flooder {
    strangers: Vec<Arc<VerifiedTransaction>>,
}

impl Wrong for Flooder {
    fn invent(&mut self, this: &Identity, random: &mut Random) -> Vec<Said> {
        if self.strangers.is_empty() {
            let key = SecretKey::from_seed(&random.bytes());
            self.strangers = (0..STRANGERS).filter_map(|_| stranger(this, &key, random)).map(Arc::new).collect();
        }
        let mut all = Vec::new();
        let proof = this.vote(any_phase(random), random.below(400), junk_hash(random));
        for peer in this.others() {
            all.extend((0..BURST).map(|_| said(Target::One(peer), junk(this, &proof, random))));
        }
        all.push(Said::Gossip(self.strangers.clone()));
        all
    }
}

fn junk(this: &Identity, proof: &Vote, random: &mut Random) -> Wire {
    let number = random.below(400);
    let message = match random.below(9) {
        0 => return Wire::BlocksWanted { from: Height(number) },
        1 => return Wire::TransactionsWanted((0..50).map(|_| junk_hash(random)).collect()),
        2 => return Wire::Transactions((0..20).map(|_| random.bytes().to_vec()).collect()),
        3 => Message::Certificate(this.forged(any_phase(random), number, junk_hash(random))),
        4 => Message::BlockRequest { block: junk_hash(random) },
        5 => Message::CertificatesRequest { from: View(0), to: View(u64::MAX) },
        6 => Message::RecoveryRequest { nonce: random.number() },
        7 => {
            let second = Vote { digest: junk_hash(random), signature: junk_signature(random), ..proof.clone() };
            Message::Evidence(Evidence { first: proof.clone(), second })
        }
        _ => {
            let phase = any_phase(random);
            let digest = if phase == Phase::ViewChange { Hash::ZERO } else { junk_hash(random) };
            let signature = junk_signature(random);
            let number = if random.chance(500) { number } else { random.number() >> random.below(64) };
            let vote = Vote { phase, epoch: this.epoch, number, digest, signer: this.index, signature };
            Message::Vote { vote, reason: None }
        }
    };
    consensus(this.epoch, message)
}

/// A well-formed transaction of somebody who has no account.
fn stranger(this: &Identity, key: &SecretKey, random: &mut Random) -> Option<VerifiedTransaction> {
    let body = Transaction {
        chain: this.genesis.chain(),
        signer: key.public(),
        nonce: random.number(),
        expires: TimestampMs(this.genesis.time.0 + 3_600_000),
        gas_limit: Gas(1_000_000),
        payload: Payload::Call { contract: Address(random.bytes()), method: "add".into(), input: Vec::new() },
    };
    body.sign(key).verify(&this.genesis.chain()).ok()
}
