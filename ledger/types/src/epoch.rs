//! Epochs: stretches of the chain that one validator set agrees on.

use crate::certificate::{BadCertificate, Certificate};
use crate::genesis::Genesis;
use crate::hash::Hash;
use crate::number::{Epoch, Height};
use crate::restart::{BadRestart, Restart};
use crate::result::ExecutionResult;
use crate::validator::ValidatorSet;
use crate::vote::Phase;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The epoch of the next height, as native state.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct EpochState {
    /// Its number.
    pub epoch: Epoch,
    /// The last height of the epoch before, zero for the first epoch.
    pub origin: Height,
    /// What ends it, once that is decided.
    pub change: Option<SetChange>,
}

impl EpochState {
    /// Its last height, once that is decided.
    #[must_use]
    pub fn last(&self) -> Option<Height> {
        self.change.as_ref().map(|change| change.last)
    }
}

/// A decided change of the validators.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SetChange {
    /// The next epoch's set.
    pub set: ValidatorSet,
    /// The last height of this epoch.
    pub last: Height,
}

/// The end of an epoch, provable to whoever knows its set: the certified result of its last block
/// names the next set, or an order by admins does who stand in the certified state.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EpochEnd {
    /// The result of its last block.
    pub result: ExecutionResult,
    /// The quorum of the epoch under the result.
    pub certificate: Certificate,
    /// The next epoch's set.
    pub validators: ValidatorSet,
    /// The order, if it was ended by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,
}

/// Why the end of an epoch is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEpochEnd {
    /// Result, certificate and set do not belong together.
    #[error("its {0} does not belong to it")]
    Parts(&'static str),
    /// The certificate is not a quorum's of the epoch.
    #[error("its certificate is refused: {0}")]
    Certificate(#[from] BadCertificate),
    /// The order does not count.
    #[error("the restart order is refused: {0}")]
    Restart(#[from] BadRestart),
}

/// The validators of an epoch, known for sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEpoch {
    /// Its number.
    pub epoch: Epoch,
    /// Its set.
    pub validators: ValidatorSet,
}

impl KnownEpoch {
    /// The first one, from a genesis that is trusted.
    #[must_use]
    pub fn first(genesis: &Genesis) -> Self {
        Self { epoch: Epoch::ZERO, validators: genesis.validators.clone() }
    }

    /// The epoch after this one.
    ///
    /// # Errors
    /// [`BadEpochEnd`] if this epoch's validators did not hand over like that.
    pub fn followed(&self, chain: Hash, end: &EpochEnd) -> Result<Self, BadEpochEnd> {
        let EpochEnd { result, certificate, validators, restart } = end;
        let fits = certificate.phase == Phase::Checkpoint
            && certificate.epoch == self.epoch
            && certificate.number == result.height.0
            && certificate.digest == result.hash();
        if !fits {
            return Err(BadEpochEnd::Parts("certificate"));
        }
        let validators = validators.clone().checked().map_err(|_| BadEpochEnd::Parts("set"))?;
        let _: crate::Certified = certificate.verify(chain, &self.validators)?;
        if let Some(restart) = restart {
            restart.verify(chain, result, &validators)?;
            return Ok(Self { epoch: restart.epoch, validators });
        }
        if result.next_validators != validators.hash() || validators.hash() == self.validators.hash() {
            return Err(BadEpochEnd::Parts("set"));
        }
        Ok(Self { epoch: self.epoch.next(), validators })
    }

    /// The epoch after all these.
    ///
    /// # Errors
    /// The position of the first end that does not hold, and why.
    pub fn after(self, chain: Hash, ends: &[EpochEnd]) -> Result<Self, (usize, BadEpochEnd)> {
        ends.iter()
            .enumerate()
            .try_fold(self, |known, (index, end)| known.followed(chain, end).map_err(|cause| (index, cause)))
    }
}
