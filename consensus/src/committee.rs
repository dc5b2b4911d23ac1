//! The validators of the epoch, and what their signatures are under.

use crate::mutation::{Mutation, planted};
use countersign_types::certificate::BadCertificate;
use countersign_types::key::{Claim, verify_each};
use countersign_types::{
    Certificate, Certified, Epoch, Evidence, Hash, Phase, ValidatorSet, View, Vote, VoteStatement,
};

/// Chain, epoch and validator set: the fixed part of every statement.
#[derive(Debug, Clone)]
pub struct Committee {
    chain: Hash,
    epoch: Epoch,
    set: ValidatorSet,
    set_hash: Hash,
}

impl Committee {
    /// Of one epoch of a chain.
    #[must_use]
    pub fn new(chain: Hash, epoch: Epoch, set: ValidatorSet) -> Self {
        let set_hash = set.hash();
        Self { chain, epoch, set, set_hash }
    }
    /// The chain's id.
    #[must_use]
    pub fn chain(&self) -> Hash {
        self.chain
    }
    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
    /// The validators.
    #[must_use]
    pub fn set(&self) -> &ValidatorSet {
        &self.set
    }
    /// Hash of the set.
    #[must_use]
    pub fn set_hash(&self) -> Hash {
        self.set_hash
    }
    /// n.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.set.count()
    }
    /// P0.1: q.
    #[must_use]
    pub fn quorum(&self) -> usize {
        usize::from(self.set.quorum()) - usize::from(planted(Mutation::QuorumLessOne))
    }
    /// P0.1: f + 1: at least one of so many is correct.
    #[must_use]
    pub fn one_correct(&self) -> usize {
        if planted(Mutation::OneIsEnough) { 1 } else { usize::from(self.set.faulty_max()) + 1 }
    }

    /// P0.2: who proposes in a view: all take turns. It depends on epoch and view alone.
    #[must_use]
    pub fn leader(&self, view: View) -> u16 {
        let count = u64::from(self.count()).max(1);
        let turn = (view.0 % count + self.epoch.0 % count) % count;
        u16::try_from(turn).unwrap_or(0)
    }

    /// P0.3: the statement of a step.
    #[must_use]
    pub fn statement(&self, phase: Phase, number: u64, digest: Hash) -> VoteStatement {
        VoteStatement { chain: self.chain, epoch: self.epoch, validators: self.set_hash, phase, number, digest }
    }

    /// Whether a vote is of this epoch and its signature that of a member.
    #[must_use]
    pub fn verifies(&self, vote: &Vote) -> bool {
        let statement = self.statement(vote.phase, vote.number, vote.digest);
        vote.epoch == self.epoch
            && self.set.member(vote.signer).is_some_and(|member| statement.verify(&member.key, &vote.signature).is_ok())
    }

    /// Whether evidence proves a fault of a member.
    #[must_use]
    pub fn proves(&self, evidence: &Evidence) -> bool {
        evidence.verify(self.chain, self.epoch, &self.set).is_ok()
    }

    /// Which of the votes, all under one statement, have valid signatures. Checked in one batch.
    #[must_use]
    pub fn verify_same(&self, statement: &VoteStatement, votes: &[(u16, countersign_types::Signature)]) -> Vec<bool> {
        let message = statement.signing_bytes();
        let claims: Vec<Claim<'_>> = votes
            .iter()
            .map(|(signer, signature)| Claim {
                key: self.set.member(*signer).map(|member| member.key).unwrap_or_default(),
                message: &message,
                signature: *signature,
            })
            .collect();
        verify_each(&claims)
            .into_iter()
            .zip(votes)
            .map(|(valid, (signer, _))| valid && *signer < self.count())
            .collect()
    }

    /// Checks a certificate of this epoch.
    ///
    /// # Errors
    /// [`BadCertificate`] says what is wrong.
    pub fn certify(&self, certificate: &Certificate) -> Result<Certified, BadCertificate> {
        if certificate.epoch != self.epoch {
            return Err(BadCertificate::Signature);
        }
        certificate.verify(self.chain, &self.set)
    }
}
