//! Equivocation: two votes of one validator that a correct one never signs both.

use crate::committee::Committee;
use crate::error::Error;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::{Phase, Vote};

/// Two signed messages that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Evidence {
    /// The one seen first.
    pub first: Vote,
    /// The other.
    pub second: Vote,
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

    /// Checks that it proves a fault of a member.
    ///
    /// # Errors
    /// [`Error::Evidence`].
    pub fn verify(&self, committee: &Committee) -> Result<(), Error> {
        let proven = self.contradicts() && committee.verifies(&self.first) && committee.verifies(&self.second);
        if proven { Ok(()) } else { Err(Error::Evidence) }
    }
}
