//! Validators that do wrong, each in a file of its own. An adversary runs the shipped replica, holds its real key, and
//! changes what leaves it: messages on their way out, and others that it makes up.

mod amnesiac;
mod censor;
mod double_voter;
mod equivocator;
mod flooder;
mod forger;
mod forker;
mod hostile_source;
mod identity;
mod liar;
mod mute;
mod replayer;
mod time_liar;
mod twin;
mod withholder;

use super::random::Random;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;
use countersign_types::{Epoch, Genesis, Hash, Phase, SecretKey, Signature, ValidatorSet, VerifiedTransaction};
use identity::Identity;
use std::fmt;
use std::sync::Arc;

/// Something that leaves an adversary.
#[derive(Debug, Clone)]
pub enum Said {
    /// A message on direct streams.
    To(Target, Box<Wire>),
    /// Gossiped transactions.
    Gossip(Vec<Arc<VerifiedTransaction>>),
    /// Nothing: it starts again with an empty journal, as if it had never voted.
    Forget,
}

/// How a validator does wrong.
trait Wrong: fmt::Debug {
    /// What becomes of a message of its replica.
    fn distort(&mut self, _this: &Identity, _random: &mut Random, to: Target, message: Wire) -> Vec<Said> {
        vec![said(to, message)]
    }

    /// What it says unasked, ten times a second.
    fn invent(&mut self, _this: &Identity, _random: &mut Random) -> Vec<Said> {
        Vec::new()
    }

    /// It overhears what its replica is told.
    fn hear(&mut self, _message: &Wire) {}

    /// Whether it keeps a transaction from its replica.
    fn ignores(&self, _transaction: &VerifiedTransaction) -> bool {
        false
    }

    /// Whether it passes its clients' transactions on.
    fn gossips(&self) -> bool {
        true
    }
}

/// The kinds there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Shows each part of the others another block.
    Equivocator,
    /// Votes for everything.
    DoubleVoter,
    /// Keeps transactions to itself.
    Withholder,
    /// Signs for others.
    Forger,
    /// Builds beside the newest block.
    Forker,
    /// Says again what was said before.
    Replayer,
    /// Forgets its votes and votes again.
    Amnesiac,
    /// Is there twice.
    Twin,
    /// Leaves out a sender.
    Censor,
    /// Gives its blocks wrong times.
    TimeLiar,
    /// Wants others to work.
    Flooder,
    /// Serves blocks that are none.
    HostileSource,
    /// Says that it stands elsewhere.
    Liar,
    /// Says nothing.
    Mute,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Equivocator,
        Self::DoubleVoter,
        Self::Withholder,
        Self::Forger,
        Self::Forker,
        Self::Replayer,
        Self::Amnesiac,
        Self::Twin,
        Self::Censor,
        Self::TimeLiar,
        Self::Flooder,
        Self::HostileSource,
        Self::Liar,
        Self::Mute,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equivocator => "wrong: equivocator",
            Self::DoubleVoter => "wrong: double voter",
            Self::Withholder => "wrong: withholder",
            Self::Forger => "wrong: forger",
            Self::Forker => "wrong: forker",
            Self::Replayer => "wrong: replayer",
            Self::Amnesiac => "wrong: amnesiac",
            Self::Twin => "wrong: twin",
            Self::Censor => "wrong: censor",
            Self::TimeLiar => "wrong: time liar",
            Self::Flooder => "wrong: flooder",
            Self::HostileSource => "wrong: hostile source",
            Self::Liar => "wrong: liar",
            Self::Mute => "wrong: mute",
        }
    }

    fn wrong(self, censored: countersign_types::PublicKey) -> Box<dyn Wrong> {
        match self {
            Self::Equivocator => Box::new(equivocator::Equivocator),
            Self::DoubleVoter => Box::new(double_voter::DoubleVoter::default()),
            Self::Withholder => Box::new(withholder::Withholder),
            Self::Forger => Box::new(forger::Forger),
            Self::Forker => Box::new(forker::Forker::default()),
            Self::Replayer => Box::new(replayer::Replayer::default()),
            Self::Amnesiac => Box::new(amnesiac::Amnesiac),
            Self::Twin => Box::new(twin::Twin),
            Self::Censor => Box::new(censor::Censor { victim: censored }),
            Self::TimeLiar => Box::new(time_liar::TimeLiar),
            Self::Flooder => Box::new(flooder::Flooder::default()),
            Self::HostileSource => Box::new(hostile_source::HostileSource),
            Self::Liar => Box::new(liar::Liar),
            Self::Mute => Box::new(mute::Mute),
        }
    }
}

/// A validator that does wrong.
#[derive(Debug)]
pub struct Adversary {
    identity: Identity,
    kind: Kind,
    wrong: Box<dyn Wrong>,
    random: Random,
}

impl Adversary {
    /// The validator of a key. A censor's victim is who signs with `censored`.
    #[must_use]
    pub fn new(
        kind: Kind,
        key: SecretKey,
        genesis: &Genesis,
        censored: countersign_types::PublicKey,
        random: Random,
    ) -> Self {
        Self { identity: Identity::new(key, genesis), kind, wrong: kind.wrong(censored), random }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its replica went on to another epoch.
    pub fn stand(&mut self, epoch: Epoch, set: &ValidatorSet) {
        self.identity.stand(epoch, set);
    }

    /// What becomes of a message of its replica.
    pub fn distort(&mut self, to: Target, message: Wire) -> Vec<Said> {
        self.wrong.distort(&self.identity, &mut self.random, to, message)
    }

    /// What it says unasked.
    pub fn invent(&mut self) -> Vec<Said> {
        self.wrong.invent(&self.identity, &mut self.random)
    }

    /// It overhears what its replica is told.
    pub fn hear(&mut self, message: &Wire) {
        self.wrong.hear(message);
    }

    /// Whether it keeps a transaction from its replica.
    #[must_use]
    pub fn ignores(&self, transaction: &VerifiedTransaction) -> bool {
        self.wrong.ignores(transaction)
    }

    /// Whether it passes its clients' transactions on.
    #[must_use]
    pub fn gossips(&self) -> bool {
        self.wrong.gossips()
    }
}

fn said(target: Target, message: Wire) -> Said {
    Said::To(target, Box::new(message))
}

fn consensus(epoch: Epoch, message: Message) -> Wire {
    Wire::Consensus { epoch, message }
}

fn junk_hash(random: &mut Random) -> Hash {
    Hash(random.bytes())
}

fn junk_signature(random: &mut Random) -> Signature {
    let mut signature = [0; 64];
    signature.chunks_mut(32).for_each(|half| half.copy_from_slice(&random.bytes()));
    Signature(signature)
}

/// A phase of votes.
fn any_phase(random: &mut Random) -> Phase {
    random.pick(&[Phase::Prepare, Phase::Commit, Phase::ViewChange, Phase::Checkpoint]).unwrap_or(Phase::Prepare)
}
