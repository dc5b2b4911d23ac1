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

/// Why a set may not follow another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    /// It is the same.
    #[error("the set is the one that there is")]
    Same,
    /// Too many members differ.
    #[error(
        "{changed} members of {count} differ, and only fewer than a third may at once: change them one after the other"
    )]
    TooMany {
        /// How many joined or left, whichever are more. A member with a new key has done both.
        changed: usize,
        /// Members before.
        count: usize,
    },
    /// It could no longer bear a fault.
    #[error("{count} validators would be left, and a network that bears a fault needs four")]
    TooFew {
        /// Members after.
        count: usize,
    },
    /// A set of fewer than four does something else than to grow by one.
    #[error(
        "a set of fewer than four only grows, by one member at once: it bears no fault, so nobody can leave or be exchanged"
    )]
    OnlyGrows,
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
    /// Whether a set may follow this one: fewer than a third of the members change at once, so that the sets of two epochs
    /// share a correct quorum's knowledge, and four are never given up. Fewer than four, of whom none may be faulty,
    /// can be joined by one more at a time.
    ///
    /// # Errors
    /// [`BadChange`] says why not.
    pub fn check_next(&self, next: &Self) -> Result<(), BadChange> {
        let missing_in = |from: &Self, of: &Self| of.0.iter().filter(|validator| !from.0.contains(validator)).count();
        let (joined, left, count) = (missing_in(self, next), missing_in(next, self), self.0.len());
        let changed = joined.max(left);
        match (changed, next.0.len()) {
            (0, _) => Err(BadChange::Same),
            _ if count < 4 && (joined, left) == (1, 0) => Ok(()),
            _ if count < 4 => Err(BadChange::OnlyGrows),
            _ if changed.saturating_mul(3) >= count => Err(BadChange::TooMany { changed, count }),
            (_, left @ 0..4) => Err(BadChange::TooFew { count: left }),
            _ => Ok(()),
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::key::SecretKey;

    /// Members of these numbers; the key is the number's, the network key that of the number plus 100.
    fn set(numbers: &[u8]) -> ValidatorSet {
        let key = |number: u8| SecretKey::from_seed(&[number; 32]).public();
        let member = |number: &u8| Validator {
            organisation: "org".into(),
            key: key(*number),
            network_key: key(number.saturating_add(100)),
        };
        ValidatorSet::new(numbers.iter().map(member).collect()).unwrap()
    }

    #[test]
    fn sets_that_may_follow_each_other() {
        for (current, next, expected) in [
            (&[1, 2, 3, 4][..], &[1, 2, 3, 4][..], Err(BadChange::Same)),
            (&[1, 2, 3, 4], &[4, 3, 2, 1], Err(BadChange::Same)),
            (&[1, 2, 3, 4], &[1, 2, 3, 4, 5], Ok(())),
            (&[1, 2, 3, 4], &[1, 2, 3, 5], Ok(())),
            (&[1, 2, 3, 4], &[1, 2, 3], Err(BadChange::TooFew { count: 3 })),
            (&[1, 2, 3, 4], &[1, 2, 5, 6], Err(BadChange::TooMany { changed: 2, count: 4 })),
            (&[1, 2, 3, 4, 5], &[1, 2, 3, 4], Ok(())),
            (&[1, 2, 3, 4, 5, 6, 7], &[1, 2, 3, 4, 5], Ok(())),
            (&[1, 2, 3, 4, 5, 6], &[1, 2, 3, 4], Err(BadChange::TooMany { changed: 2, count: 6 })),
            (&[1], &[1, 2], Ok(())),
            (&[1], &[2], Err(BadChange::OnlyGrows)),
            (&[1, 2], &[1, 2, 3, 4], Err(BadChange::OnlyGrows)),
            (&[1, 2, 3], &[1, 2, 3, 4], Ok(())),
            (&[1, 2, 3], &[1, 2], Err(BadChange::OnlyGrows)),
            (&[1, 2, 3], &[1, 2, 4], Err(BadChange::OnlyGrows)),
        ] {
            assert_eq!(set(current).check_next(&set(next)), expected, "{current:?} {next:?}");
        }
    }
}
