//! A quorum's signatures under one statement.

use crate::hash::Hash;
use crate::key::{Claim, Signature, verify_batch};
use crate::number::Epoch;
use crate::validator::ValidatorSet;
use crate::vote::{Phase, VoteStatement};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Signatures that claim to be a quorum's. Doubtful until [`Certificate::verify`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Certificate {
    /// The step that was voted.
    pub phase: Phase,
    /// The epoch whose validators signed.
    pub epoch: Epoch,
    /// The view, or the height for [`Phase::Checkpoint`].
    pub number: u64,
    /// What was voted for.
    pub digest: Hash,
    /// Signers' indexes, strictly rising, each with its signature.
    pub signatures: Vec<(u16, Signature)>,
}

/// Why a certificate is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    /// Fewer or more signatures than can be.
    #[error("{count} signatures, a quorum is {quorum} of {validators}")]
    Count {
        /// Signatures given.
        count: usize,
        /// Needed.
        quorum: u16,
        /// Size of the set.
        validators: u16,
    },
    /// A signer is unknown, repeated or out of order.
    #[error("signer {signer} is not in the validator set, repeated or out of order")]
    Signer {
        /// Its index.
        signer: u16,
    },
    /// A signature is not valid.
    #[error("a signature is not valid")]
    Signature,
}

/// A certificate whose quorum was checked against a validator set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Certified(Certificate);

impl Certified {
    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.0
    }
    /// The certificate, to store or send.
    pub fn into_certificate(self) -> Certificate {
        self.0
    }
}

impl Certificate {
    /// The statement that the signatures are under.
    #[must_use]
    pub fn statement(&self, chain: Hash, validators: Hash) -> VoteStatement {
        let Self { phase, epoch, number, digest, .. } = *self;
        VoteStatement { chain, epoch, validators, phase, number, digest }
    }

    /// Checks that a quorum of distinct members of `set` signed. The caller compares phase, epoch,
    /// number and digest with what it expects.
    ///
    /// # Errors
    /// [`BadCertificate`] says what is wrong.
    pub fn verify(&self, chain: Hash, set: &ValidatorSet) -> Result<Certified, BadCertificate> {
        let count = self.signatures.len();
        if count < usize::from(set.quorum()) || count > usize::from(set.count()) {
            return Err(BadCertificate::Count { count, quorum: set.quorum(), validators: set.count() });
        }
        let message = self.statement(chain, set.hash()).signing_bytes();
        let mut claims = Vec::with_capacity(count);
        let mut previous = None;
        for (signer, signature) in &self.signatures {
            let member = set.member(*signer).filter(|_| previous.is_none_or(|before| before < *signer));
            let Some(member) = member else { return Err(BadCertificate::Signer { signer: *signer }) };
            claims.push(Claim { key: member.key, message: &message, signature: *signature });
            previous = Some(*signer);
        }
        verify_batch(&claims).map_err(|_| BadCertificate::Signature)?;
        Ok(Certified(self.clone()))
    }
}
