//! Overrides: what a quorum decrees about a transaction that stops whoever executes it.
//!
//! A block that is final cannot be taken back, so a transaction in it that no node survives would end the chain. An
//! override makes it a failed receipt without running it. It is the operators' act: each signs with the key that its
//! validator votes with, and nothing makes a node sign one by itself.

use crate::hash::{Hash, Tag};
use crate::key::{BadSignature, Claim, PublicKey, SecretKey, Signature, verify_batch};
use crate::number::Height;
use crate::validator::ValidatorSet;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What is decreed. It also stands in the state, at the block's height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Override {
    /// The chain's id.
    pub chain: Hash,
    /// Height of the block.
    pub height: Height,
    /// The block.
    pub block: Hash,
    /// Id of the transaction in it that fails.
    pub transaction: Hash,
    /// Why, in the operators' own numbers.
    pub code: u32,
}

/// An override with signatures. Doubtful until [`SignedOverride::verify`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SignedOverride {
    /// What is decreed.
    pub decree: Override,
    /// Validators' keys, strictly rising, each with its signature of [`Override::statement`].
    pub signatures: Vec<(PublicKey, Signature)>,
}

/// Why an override does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOverride {
    /// It is about another chain.
    #[error("it is for chain {given}, this is chain {expected}")]
    Chain {
        /// The chain it names.
        given: Hash,
        /// This chain.
        expected: Hash,
    },
    /// Fewer signatures than a quorum, or more than validators.
    #[error("it has {count} signatures, a quorum is {quorum} of {validators}")]
    Count {
        /// Signatures given.
        count: usize,
        /// Needed.
        quorum: u16,
        /// Size of the set.
        validators: u16,
    },
    /// A signer is no validator of the block's epoch, repeated or out of order.
    #[error("its signer {0} is no validator of the block's epoch, repeated or out of order")]
    Signer(PublicKey),
    /// A signature is not valid.
    #[error("a signature under it is not valid")]
    Signature(#[from] BadSignature),
    /// Two that are to be joined say different things.
    #[error("they decree different things")]
    Different,
}

/// What a result says of the overrides of its block, which are in the order of their transactions: the hash of what they
/// decree, zero if there are none. So whoever holds the certified result knows them before executing the block.
#[must_use]
pub fn root(overrides: &[SignedOverride]) -> Hash {
    let decrees: Vec<Override> = overrides.iter().map(|signed| signed.decree).collect();
    if decrees.is_empty() { Hash::ZERO } else { Hash::of_value(Tag::OVERRIDES, &decrees) }
}

impl Override {
    /// What is signed.
    #[must_use]
    pub fn statement(&self) -> Hash {
        Hash::of_value(Tag::OVERRIDE, self)
    }

    /// Signs it with a validator's key.
    #[must_use]
    pub fn sign(self, key: &SecretKey) -> SignedOverride {
        SignedOverride { decree: self, signatures: alloc::vec![(key.public(), key.sign(&self.statement().0))] }
    }
}

impl SignedOverride {
    /// Joins the signatures of several under the same decree, after checking each.
    ///
    /// # Errors
    /// [`BadOverride::Different`] (also if there are none), [`BadOverride::Signature`].
    pub fn join(parts: &[Self]) -> Result<Self, BadOverride> {
        let decree = parts.first().ok_or(BadOverride::Different)?.decree;
        let mut signatures = BTreeMap::new();
        for part in parts {
            if part.decree != decree {
                return Err(BadOverride::Different);
            }
            for (key, signature) in &part.signatures {
                key.verify(&decree.statement().0, signature)?;
                signatures.insert(*key, *signature);
            }
        }
        Ok(Self { decree, signatures: signatures.into_iter().collect() })
    }

    /// Checks that a quorum of distinct members of the block's epoch signed.
    ///
    /// # Errors
    /// [`BadOverride`] says what is wrong.
    pub fn verify(&self, chain: Hash, set: &ValidatorSet) -> Result<(), BadOverride> {
        if self.decree.chain != chain {
            return Err(BadOverride::Chain { given: self.decree.chain, expected: chain });
        }
        let count = self.signatures.len();
        if count < usize::from(set.quorum()) || count > usize::from(set.count()) {
            return Err(BadOverride::Count { count, quorum: set.quorum(), validators: set.count() });
        }
        let message = self.decree.statement().0;
        let mut claims = Vec::with_capacity(count);
        let mut previous = None;
        for (key, signature) in &self.signatures {
            if set.index_of(key).is_none() || previous.is_some_and(|before| before >= *key) {
                return Err(BadOverride::Signer(*key));
            }
            claims.push(Claim { key: *key, message: &message, signature: *signature });
            previous = Some(*key);
        }
        Ok(verify_batch(&claims)?)
    }
}
