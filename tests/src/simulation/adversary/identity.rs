//! Who an adversary is, and what it can sign.

use countersign_types::{
    Certificate, Epoch, Genesis, Hash, Phase, SecretKey, Signature, ValidatorSet, Vote, VoteStatement,
};

/// The real key of a validator, and where that stands.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) key: SecretKey,
    pub(super) genesis: Genesis,
    pub(super) epoch: Epoch,
    /// Its place among the validators; beyond them if it is none.
    pub(super) index: u16,
    pub(super) count: u16,
    quorum: u16,
    set: Hash,
    /// A signature of its own under something else, for what need not verify.
    scrap: Signature,
}

impl Identity {
    pub(super) fn new(key: SecretKey, genesis: &Genesis) -> Self {
        let scrap = key.sign(b"scrap");
        let mut identity = Self {
            key,
            genesis: genesis.clone(),
            epoch: Epoch::ZERO,
            index: 0,
            count: 0,
            quorum: 0,
            set: Hash::ZERO,
            scrap,
        };
        identity.stand(Epoch::ZERO, &genesis.validators);
        identity
    }

    pub(super) fn stand(&mut self, epoch: Epoch, set: &ValidatorSet) {
        self.epoch = epoch;
        self.index = set.index_of(&self.key.public()).unwrap_or(u16::MAX);
        (self.count, self.quorum, self.set) = (set.count(), set.quorum(), set.hash());
    }

    /// Its signature under a step.
    pub(super) fn signature(&self, phase: Phase, number: u64, digest: Hash) -> Signature {
        let (chain, epoch, validators) = (self.genesis.chain(), self.epoch, self.set);
        VoteStatement { chain, epoch, validators, phase, number, digest }.sign(&self.key)
    }

    /// A real vote of its own.
    pub(super) fn vote(&self, phase: Phase, number: u64, digest: Hash) -> Vote {
        let signature = self.signature(phase, number, digest);
        Vote { phase, epoch: self.epoch, number, digest, signer: self.index, signature }
    }

    /// A certificate that nobody signed.
    pub(super) fn forged(&self, phase: Phase, number: u64, digest: Hash) -> Certificate {
        let signatures = (0..self.quorum).map(|signer| (signer, self.scrap)).collect();
        Certificate { phase, epoch: self.epoch, number, digest, signatures }
    }

    /// Every other validator's seat.
    pub(super) fn others(&self) -> impl Iterator<Item = u16> + use<> {
        let own = self.index;
        (0..self.count).filter(move |peer| *peer != own)
    }
}
