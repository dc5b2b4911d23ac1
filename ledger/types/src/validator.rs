//! Who agrees: the validator set and its quorums.

use crate::hash::{Hash, Tag};
use crate::key::PublicKey;
use crate::limits::VALIDATORS_MAX;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// One validator. Its place in the set is its index in certificates.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Validator {
    /// The organisation that runs it.
    pub organisation: String,
    /// The key that signs its votes.
    pub key: PublicKey,
    /// The key of its network identity (libp2p, Ed25519).
    pub network_key: PublicKey,
}

/// The validators of an epoch, in order. Every validator has one vote.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValidatorSet(Vec<Validator>);

/// Why validators do not make a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValidatorSet {
    /// None, or too many.
    #[error("{count} validators, from 1 to {VALIDATORS_MAX} are allowed")]
    Count {
        /// Validators given.
        count: usize,
    },
    /// A key stands twice or cannot be used.
    #[error("validator {index}: its key {key} is repeated or not usable")]
    Key {
        /// Place in the list.
        index: usize,
        /// The key.
        key: PublicKey,
    },
}

impl ValidatorSet {
    /// Checks the number of validators and that all keys are usable and distinct.
    ///
    /// # Errors
    /// [`BadValidatorSet`] says which validator is wrong.
    pub fn new(validators: Vec<Validator>) -> Result<Self, BadValidatorSet> {
        if validators.is_empty() || validators.len() > VALIDATORS_MAX {
            return Err(BadValidatorSet::Count { count: validators.len() });
        }
        let mut seen = BTreeSet::new();
        for (index, validator) in validators.iter().enumerate() {
            for key in [validator.key, validator.network_key] {
                if !key.is_registrable() || !seen.insert(key) {
                    return Err(BadValidatorSet::Key { index, key });
                }
            }
        }
        Ok(Self(validators))
    }

    /// The set again after it was decoded, checked.
    ///
    /// # Errors
    /// As [`ValidatorSet::new`].
    pub fn checked(self) -> Result<Self, BadValidatorSet> {
        Self::new(self.0)
    }

    /// All validators in order.
    #[must_use]
    pub fn members(&self) -> &[Validator] {
        &self.0
    }
    /// The validator at an index.
    #[must_use]
    pub fn member(&self, index: u16) -> Option<&Validator> {
        self.0.get(usize::from(index))
    }
    /// The index of the validator that signs with this key.
    #[must_use]
    pub fn index_of(&self, key: &PublicKey) -> Option<u16> {
        self.0.iter().position(|validator| validator.key == *key).and_then(|index| u16::try_from(index).ok())
    }
    /// The organisations that run its validators.
    #[must_use]
    pub fn organisations(&self) -> BTreeSet<&str> {
        self.0.iter().map(|validator| validator.organisation.as_str()).collect()
    }
    /// n, the number of validators.
    #[must_use]
    pub fn count(&self) -> u16 {
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }
    /// f, the most validators that may be faulty: ⌊(n−1)/3⌋.
    #[must_use]
    pub fn faulty_max(&self) -> u16 {
        faulty_max(self.count())
    }
    /// q, the size of a quorum: ⌊(2n−1)/3⌋+1.
    #[must_use]
    pub fn quorum(&self) -> u16 {
        quorum(self.count())
    }
    /// Hash of the set, part of everything its members sign.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_value(Tag::VALIDATORS, self)
    }
}

/// f of n validators.
#[must_use]
pub const fn faulty_max(count: u16) -> u16 {
    count.saturating_sub(1) / 3
}

/// q of n validators: any two quorums share a correct validator, and the correct ones are a quorum.
/// Not 2f+1, which is unsafe for n = 5, 6, 50.
#[must_use]
pub const fn quorum(count: u16) -> u16 {
    count.saturating_mul(2).saturating_sub(1) / 3 + 1
}
