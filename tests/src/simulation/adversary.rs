//! Validators that do wrong, each in a file of its own. An adversary runs the shipped replica, holds its real key, and
//! changes what leaves it: messages on their way out, and others that it makes up.

mod equivocator;
mod flooder;
mod liar;
mod withholder;

use super::random::Random;
use crate::chain::statement;
use countersign_consensus::Target;
use countersign_replica::wire::Wire;
use countersign_types::{Certificate, Epoch, Genesis, Hash, Phase, SecretKey, Signature, VerifiedTransaction, Vote};
use equivocator::Equivocator;
use flooder::Flooder;
use liar::Liar;
use std::fmt;
use std::sync::Arc;
use withholder::Withholder;

/// Something that leaves an adversary.
#[derive(Debug, Clone)]
pub enum Said {
    /// A message on direct streams.
    To(Target, Box<Wire>),
    /// Gossiped transactions.
    Gossip(Vec<Arc<VerifiedTransaction>>),
}

/// How a validator does wrong.
trait Wrong: fmt::Debug {
    /// What becomes of a message of its replica.
    fn distort(&mut self, this: &Identity, random: &mut Random, to: Target, message: Wire) -> Vec<Said>;

    /// What it says unasked, every now and then.
    fn invent(&mut self, _this: &Identity, _random: &mut Random) -> Vec<Said> {
        Vec::new()
    }

    /// Whether it passes its clients' transactions on.
    fn gossips(&self) -> bool {
        true
    }
}

/// Who an adversary is.
#[derive(Debug)]
struct Identity {
    index: u16,
    key: SecretKey,
    genesis: Genesis,
}

/// The kinds there are, by name.
pub const KINDS: [&str; 4] = ["equivocator", "flooder", "liar", "withholder"];

/// A validator that does wrong.
#[derive(Debug)]
pub struct Adversary {
    identity: Identity,
    kind: &'static str,
    wrong: Box<dyn Wrong>,
    random: Random,
}

impl Adversary {
    /// Validator `index` under its own key, of a kind that `random` chooses.
    #[must_use]
    pub fn new(index: u16, key: SecretKey, genesis: &Genesis, mut random: Random) -> Self {
        let identity = Identity { index, key, genesis: genesis.clone() };
        let (kind, wrong): (_, Box<dyn Wrong>) = match random.below(4) {
            0 => ("equivocator", Box::new(Equivocator)),
            1 => ("flooder", Box::new(Flooder)),
            2 => ("liar", Box::new(Liar)),
            _ => ("withholder", Box::new(Withholder)),
        };
        Self { identity, kind, wrong, random }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What becomes of a message of its replica.
    pub fn distort(&mut self, to: Target, message: Wire) -> Vec<Said> {
        self.wrong.distort(&self.identity, &mut self.random, to, message)
    }

    /// What it says unasked.
    pub fn invent(&mut self) -> Vec<Said> {
        self.wrong.invent(&self.identity, &mut self.random)
    }

    /// Whether it passes its clients' transactions on.
    #[must_use]
    pub fn gossips(&self) -> bool {
        self.wrong.gossips()
    }
}

impl Identity {
    fn count(&self) -> u16 {
        self.genesis.validators.count()
    }

    /// A real vote of its own.
    fn vote(&self, phase: Phase, number: u64, digest: Hash) -> Vote {
        let signature = statement(&self.genesis, phase, number, digest).sign(&self.key);
        Vote { phase, epoch: Epoch::ZERO, number, digest, signer: self.index, signature }
    }

    /// A certificate that nobody signed.
    fn forged(&self, phase: Phase, number: u64, digest: Hash) -> Certificate {
        let own = self.vote(phase, number, digest).signature;
        let signatures = (0..self.genesis.validators.quorum()).map(|signer| (signer, own)).collect();
        Certificate { phase, epoch: Epoch::ZERO, number, digest, signatures }
    }

    /// Every other validator.
    fn others(&self) -> impl Iterator<Item = u16> + use<> {
        let own = self.index;
        (0..self.count()).filter(move |peer| *peer != own)
    }
}

fn to(target: Target, message: Wire) -> Said {
    Said::To(target, Box::new(message))
}

fn junk_hash(random: &mut Random) -> Hash {
    Hash(random.bytes())
}

fn junk_signature(random: &mut Random) -> Signature {
    let mut signature = [0; 64];
    signature.chunks_mut(32).for_each(|half| half.copy_from_slice(&random.bytes()));
    Signature(signature)
}

/// A phase of votes on views.
fn any_phase(random: &mut Random) -> Phase {
    match random.below(4) {
        0 => Phase::Prepare,
        1 => Phase::Commit,
        2 => Phase::ViewChange,
        _ => Phase::Checkpoint,
    }
}
