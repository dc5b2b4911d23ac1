//! Equivocation: two votes of one validator that a correct one never signs both.

use crate::account::AccountId;
use crate::hash::Hash;
use crate::number::{Epoch, Height, TimestampMs};
use crate::validator::ValidatorSet;
use crate::vote::{Phase, Vote};
use borsh::{BorshDeserialize, BorshSerialize};

/// Two signed messages that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Evidence {
    /// The one seen first.
    pub first: Vote,
    /// The other.
    pub second: Vote,
}

/// The votes do not prove that a member of the epoch contradicted itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the two votes do not prove that a validator of the epoch contradicted itself")]
pub struct BadEvidence;

/// What the chain keeps of a validator that contradicted itself: the first case of an epoch, as native state.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Equivocation {
    /// The proof.
    pub evidence: Evidence,
    /// Who reported it.
    pub reporter: AccountId,
    /// The block that recorded it.
    pub height: Height,
    /// That block's time.
    pub time: TimestampMs,
}

impl Evidence {
    /// Whether no correct validator signs both: the same step twice for different things, or both
    /// COMMIT and VIEW-CHANGE of one view. (PREPARE after VIEW-CHANGE is allowed.)
    #[must_use]
    pub fn contradicts(&self) -> bool {
        let (first, second) = (&self.first, &self.second);
        let same_place = first.signer == second.signer && first.epoch == second.epoch && first.number == second.number;
        let exclusive = matches!(
            (first.phase, second.phase),
            (Phase::Commit, Phase::ViewChange) | (Phase::ViewChange, Phase::Commit)
        );
        same_place && (exclusive || (first.phase == second.phase && first.digest != second.digest))
    }

    /// Checks that it proves a fault of a member of an epoch.
    ///
    /// # Errors
    /// [`BadEvidence`].
    pub fn verify(&self, chain: Hash, epoch: Epoch, set: &ValidatorSet) -> Result<(), BadEvidence> {
        let validators = set.hash();
        let member = set.member(self.first.signer).ok_or(BadEvidence)?;
        let signed = |vote: &Vote| vote.statement(chain, validators).verify(&member.key, &vote.signature).is_ok();
        let proven = self.contradicts() && self.first.epoch == epoch && signed(&self.first) && signed(&self.second);
        if proven { Ok(()) } else { Err(BadEvidence) }
    }
}
