//! What a validator signs.

use crate::hash::{Hash, Tag};
use crate::key::{BadSignature, PublicKey, SecretKey, Signature};
use crate::number::Epoch;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The step of the protocol that a vote belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Phase {
    /// The leader's own signature under its proposal. Digest: the block. Number: the view.
    PrePrepare = 0,
    /// "I hold this block and it is valid." Digest: the block. Number: the view.
    Prepare = 1,
    /// "A quorum prepared it." Digest: the block. Number: the view.
    Commit = 2,
    /// "This view came to nothing for me." Digest: zero. Number: the view.
    ViewChange = 3,
    /// "Executing up to here gave this." Digest: the execution result. Number: the height.
    Checkpoint = 4,
}

/// The statement a vote signs. Everything that could let a vote count elsewhere is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct VoteStatement {
    /// The chain's id.
    pub chain: Hash,
    /// The epoch.
    pub epoch: Epoch,
    /// Hash of the epoch's validator set.
    pub validators: Hash,
    /// The step.
    pub phase: Phase,
    /// The view, or the height for [`Phase::Checkpoint`].
    pub number: u64,
    /// What is voted for.
    pub digest: Hash,
}

impl VoteStatement {
    /// The 32 bytes that are signed.
    #[must_use]
    pub fn signing_bytes(&self) -> [u8; 32] {
        Hash::of_value(Tag::VOTE, self).0
    }
    /// Signs the statement.
    #[must_use]
    pub fn sign(&self, key: &SecretKey) -> Signature {
        key.sign(&self.signing_bytes())
    }
    /// Checks a signature under the statement.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, key: &PublicKey, signature: &Signature) -> Result<(), BadSignature> {
        key.verify(&self.signing_bytes(), signature)
    }
}

/// One validator's signature under a statement.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// The step.
    pub phase: Phase,
    /// The epoch.
    pub epoch: Epoch,
    /// The view, or the height for [`Phase::Checkpoint`].
    pub number: u64,
    /// What is voted for.
    pub digest: Hash,
    /// Index of the signer in the epoch's validator set.
    pub signer: u16,
    /// The signature under the [`VoteStatement`].
    pub signature: Signature,
}

impl Vote {
    /// What it signs, on a chain and in an epoch with these validators.
    #[must_use]
    pub fn statement(&self, chain: Hash, validators: Hash) -> VoteStatement {
        let Self { phase, epoch, number, digest, .. } = *self;
        VoteStatement { chain, epoch, validators, phase, number, digest }
    }
}
