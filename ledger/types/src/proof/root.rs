//! What a reader trusts before reading: the genesis, or a checkpoint that the reader has pinned.

use super::{BadProof, Point, Proven};
use crate::epoch::{EpochEnd, KnownEpoch};
use crate::genesis::Genesis;
use crate::hash::Hash;
use crate::number::{Epoch, Height, TimestampMs};
use crate::validator::{BadValidatorSet, ValidatorSet};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Version of a checkpoint's layout.
pub const CHECKPOINT_VERSION: u32 = 1;

/// A point of the chain that its reader takes for certain: who the validators of an epoch are, and one result
/// that they certified. It is as good as the way it came: made from a verified proof, or read out by an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Checkpoint {
    /// `checkpoint`.
    pub kind: CheckpointKind,
    /// [`CHECKPOINT_VERSION`].
    pub version: u32,
    /// Name of the network, for people.
    pub network: String,
    /// The chain's id.
    pub chain: Hash,
    /// The epoch.
    pub epoch: Epoch,
    /// Its validators.
    pub validators: ValidatorSet,
    /// Height of a block that they certified.
    pub height: Height,
    /// Time of the block.
    pub time: TimestampMs,
    /// Hash of the block.
    pub block: Hash,
    /// Hash of its execution result.
    pub result: Hash,
}

/// The word that tells a checkpoint from other files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CheckpointKind {
    /// The only one.
    Checkpoint,
}

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// Made by another version.
    #[error("it has version {0}, this program reads version {CHECKPOINT_VERSION}")]
    Version(u32),
    /// The validators are no set.
    #[error("validators: {0}")]
    Validators(#[from] BadValidatorSet),
}

/// Where a reader begins: validators that are known for certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    network: String,
    chain: Hash,
    known: KnownEpoch,
    pinned: Option<Checkpoint>,
}

/// What a proof turned out to rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Root {
    /// The validators of the genesis.
    Genesis,
    /// Those of a checkpoint.
    #[serde(rename_all = "camelCase")]
    Checkpoint {
        /// Its epoch.
        epoch: Epoch,
        /// Its height.
        height: Height,
    },
}

impl Checkpoint {
    /// The checkpoint at the certified block of a proof that was checked.
    #[must_use]
    pub fn of(proven: &Proven) -> Self {
        Self::at(proven.network.clone(), proven.chain, &proven.epoch, &proven.certified)
    }

    /// The checkpoint at a point that validators of an epoch certified.
    #[must_use]
    pub fn at(network: String, chain: Hash, epoch: &KnownEpoch, point: &Point) -> Self {
        Self {
            kind: CheckpointKind::Checkpoint,
            version: CHECKPOINT_VERSION,
            network,
            chain,
            epoch: epoch.epoch,
            validators: epoch.validators.clone(),
            height: point.height,
            time: point.time,
            block: point.block,
            result: point.result,
        }
    }

    /// Trusts it, if it is in order.
    ///
    /// # Errors
    /// [`BadCheckpoint`].
    pub fn trust(self) -> Result<Trusted, BadCheckpoint> {
        if self.version != CHECKPOINT_VERSION {
            return Err(BadCheckpoint::Version(self.version));
        }
        let known = KnownEpoch { epoch: self.epoch, validators: self.validators.clone().checked()? };
        Ok(Trusted { network: self.network.clone(), chain: self.chain, known, pinned: Some(self) })
    }
}

impl From<&Genesis> for Trusted {
    fn from(genesis: &Genesis) -> Self {
        Self {
            network: genesis.network.clone(),
            chain: genesis.chain(),
            known: KnownEpoch::first(genesis),
            pinned: None,
        }
    }
}

impl Trusted {
    /// Name of the network, for people.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.network
    }
    /// The chain's id.
    #[must_use]
    pub fn chain(&self) -> Hash {
        self.chain
    }
    /// The validators that are known for certain.
    #[must_use]
    pub fn epoch(&self) -> &KnownEpoch {
        &self.known
    }
    /// What it is.
    #[must_use]
    pub fn root(&self) -> Root {
        match &self.pinned {
            None => Root::Genesis,
            Some(pinned) => Root::Checkpoint { epoch: self.known.epoch, height: pinned.height },
        }
    }
    /// The checkpoint, if it is one.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.pinned.as_ref()
    }

    /// Leads to the validators after these ends of epochs. Those of epochs before a checkpoint's are passed over:
    /// the checkpoint says more. Answers how many were needed, too.
    pub(super) fn lead(&self, ends: &[EpochEnd], last: Epoch) -> Result<(KnownEpoch, usize), BadProof> {
        if last < self.known.epoch {
            return Err(BadProof::Before { given: last, known: self.known.epoch });
        }
        let (needed, _) = self.known.onward(ends);
        let first = needed.first().map_or(last, |end| end.certificate.epoch);
        if first > self.known.epoch {
            return Err(BadProof::Begins { first, known: self.known.epoch });
        }
        for end in needed {
            self.check_pinned(end.result.height, &end.result.hash())?;
        }
        Ok((self.known.lead(self.chain, ends, last)?, needed.len()))
    }

    /// A result that contradicts the checkpoint is refused, whoever signed it.
    pub(super) fn check_pinned(&self, height: Height, result: &Hash) -> Result<(), BadProof> {
        match &self.pinned {
            Some(pinned) if pinned.height == height && pinned.result != *result => Err(BadProof::Pinned { height }),
            _ => Ok(()),
        }
    }
}

impl KnownEpoch {
    /// The epoch that these ends of epochs lead to, those before this one passed over; `last` is the one that they should
    /// lead to.
    ///
    /// # Errors
    /// [`BadProof::Epoch`].
    pub fn lead(&self, chain: Hash, ends: &[EpochEnd], last: Epoch) -> Result<Self, BadProof> {
        let (needed, passed) = self.onward(ends);
        self.clone().after(chain, needed).map_err(|(at, cause)| {
            let epoch = needed.get(at).map_or(last, |end| end.certificate.epoch);
            BadProof::Epoch { index: passed.saturating_add(at), epoch, cause }
        })
    }

    /// The ends from this epoch on, and how many were before.
    fn onward<'a>(&self, ends: &'a [EpochEnd]) -> (&'a [EpochEnd], usize) {
        let passed = ends.iter().take_while(|end| end.certificate.epoch < self.epoch).count();
        (ends.get(passed..).unwrap_or_default(), passed)
    }
}
