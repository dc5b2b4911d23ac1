//! A light client's core: one certified block, moved forward over changes of validators, and never back.
//!
//! Every step is checked against what is known, in this order:
//!
//! 1. The block is not before the known one ([`Refusal::Older`]), so an old tip cannot be replayed.
//! 2. The ends of epochs lead from the known validators to those of the block's epoch ([`Refusal::Proof`]).
//! 3. A quorum of these signed the block's result.
//! 4. That result is the known one, or names it among the results before it. Otherwise the chain has two certified
//!    results at one height ([`Refusal::Conflict`]): more than a third of the validators of some epoch signed both sides,
//!    or what was trusted at first was not of this chain. What shows it is kept, and nothing moves.
//!
//! What it does not see: whether nodes hold newer blocks back. It says how old the known block is ([`Light::age_s`]).
//! A restart order that drops certified blocks shows as a conflict as well: whether to follow it is for people to decide,
//! who then begin again from a checkpoint.

use crate::BadFile;
use countersign_types::proof::{Anchor, BadProof, Checkpoint, Earlier, Trusted};
use countersign_types::{EpochEnd, Hash, Height, KnownEpoch, TimestampMs, Validator};
use serde::{Deserialize, Serialize};

/// Version of the file's layout.
pub const LIGHT_VERSION: u32 = 1;

/// A light client's file: the block that it has come to, and what shows that its validators certified it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LightFile {
    /// `light`.
    pub kind: LightKind,
    /// [`LIGHT_VERSION`].
    pub version: u32,
    /// The known block.
    pub checkpoint: Checkpoint,
    /// Its header, result and certificate.
    pub anchor: Anchor,
}

/// The word that tells a light client's file from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LightKind {
    /// The only one.
    Light,
}

/// A light client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Light {
    network: String,
    chain: Hash,
    epoch: KnownEpoch,
    /// The newest certified block that it has come to; none at a genesis.
    tip: Option<Checkpoint>,
    /// What shows that, unless it was given as a checkpoint.
    anchor: Option<Anchor>,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The known block is a newer one now.
    Advanced,
    /// It is the known block.
    Same,
}

/// Why a step is refused. Nothing has moved then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The block is before the known one.
    #[error(
        "its newest certified block is {given}, block {known} is known already: it is behind, or replays an old answer"
    )]
    Older {
        /// Its height.
        given: Height,
        /// The known height.
        known: Height,
    },
    /// A link of the chain of reasons fails.
    #[error("what it answers does not hold: {0}")]
    Proof(#[from] BadProof),
    /// It does not show that the known block is before the one that it names.
    #[error("it does not show that the known block {0} is before its own")]
    Unlinked(Height),
    /// There are two certified results at one height.
    #[error("{0}")]
    Conflict(Box<Conflict>),
}

/// Two certified results at one height: what is known, and what shows the other one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[error(
    "two results of block {} are certified: {} is known, and {other} is shown. One of the two chains is forged, or more than a \
     third of the validators are dishonest; trust neither before people of several members have looked",
    .known.height, .known.result
)]
pub struct Conflict {
    /// The known block.
    pub known: Checkpoint,
    /// What shows it, unless it was given as a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_anchor: Option<Anchor>,
    /// Hash of the other result at its height.
    pub other: Hash,
    /// How the known validators lead to those who signed it.
    pub epochs: Vec<EpochEnd>,
    /// The certified block that is the other one, or names it.
    pub anchor: Anchor,
    /// The other one, if the certified block names it as an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
}

impl Light {
    /// Begins at a genesis or a checkpoint that the operator trusts.
    #[must_use]
    pub fn begin(trusted: &Trusted) -> Self {
        Self {
            network: trusted.network().to_owned(),
            chain: trusted.chain(),
            epoch: trusted.epoch().clone(),
            tip: trusted.checkpoint().cloned(),
            anchor: None,
        }
    }

    /// The known block's height, zero at a genesis.
    #[must_use]
    pub fn height(&self) -> Height {
        self.tip.as_ref().map_or(Height::ZERO, |tip| tip.height)
    }
    /// The epoch whose validators are known.
    #[must_use]
    pub fn epoch(&self) -> &KnownEpoch {
        &self.epoch
    }
    /// The known block, unless that is a genesis.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.tip.as_ref()
    }
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
    /// Seconds since the known block; none at a genesis.
    #[must_use]
    pub fn age_s(&self, now: TimestampMs) -> Option<u64> {
        self.tip.as_ref().map(|tip| now.since(tip.time) / 1_000)
    }

    /// What is to be kept in a file, once a certified block was come to.
    #[must_use]
    pub fn file(&self) -> Option<LightFile> {
        let (checkpoint, anchor) = (self.tip.clone()?, self.anchor.clone()?);
        Some(LightFile { kind: LightKind::Light, version: LIGHT_VERSION, checkpoint, anchor })
    }

    /// Takes what a node says: the ends of epochs from the known one on, a certified block, and the known block in its
    /// place before that.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has moved then.
    pub fn step(&mut self, ends: &[EpochEnd], anchor: &Anchor, earlier: Option<&Earlier>) -> Result<Step, Refusal> {
        let (given, known) = (anchor.header.height, self.height());
        if given < known {
            return Err(Refusal::Older { given, known });
        }
        let epoch = self.epoch.lead(self.chain, ends, anchor.header.epoch)?;
        anchor.verify(&self.chain, &epoch)?;
        if let Some(tip) = &self.tip {
            let (other, earlier) =
                if given == known { (anchor.result.hash(), None) } else { self.linked(anchor, earlier)? };
            if other != tip.result {
                return Err(Refusal::Conflict(Box::new(Conflict {
                    known: tip.clone(),
                    known_anchor: self.anchor.clone(),
                    other,
                    epochs: ends.to_vec(),
                    anchor: anchor.clone(),
                    earlier,
                })));
            }
        }
        let step = if given == known { Step::Same } else { Step::Advanced };
        self.tip = Some(Checkpoint::at(self.network.clone(), self.chain, &epoch, &anchor.point()));
        (self.epoch, self.anchor) = (epoch, Some(anchor.clone()));
        Ok(step)
    }

    /// Hash of the result at the known height that the certified block names.
    fn linked(&self, anchor: &Anchor, earlier: Option<&Earlier>) -> Result<(Hash, Option<Earlier>), Refusal> {
        let known = self.height();
        let earlier = earlier.filter(|earlier| earlier.header.height == known).ok_or(Refusal::Unlinked(known))?;
        earlier.verify(&self.chain, &anchor.result)?;
        Ok((earlier.result.hash(), Some(earlier.clone())))
    }
}

impl LightFile {
    /// The light client of a file, if the file is in order: the known block's certificate is checked again, so that a
    /// damaged file is no root.
    ///
    /// # Errors
    /// [`BadFile::LightVersion`], [`BadFile::Checkpoint`], [`BadFile::Proof`] or [`BadFile::LightParts`].
    pub fn open(self) -> Result<Light, BadFile> {
        let Self { version, checkpoint, anchor, .. } = self;
        if version != LIGHT_VERSION {
            return Err(BadFile::LightVersion(version));
        }
        let mut light = Light::begin(&checkpoint.clone().trust()?);
        let is_same = matches!(light.step(&[], &anchor, None), Ok(Step::Same));
        // Header and certificate say again what the checkpoint does.
        if !is_same || light.tip.as_ref() != Some(&checkpoint) {
            return Err(BadFile::LightParts);
        }
        Ok(light)
    }
}

impl Conflict {
    /// Those who signed both results: who did so is dishonest, or lost its key. Known where both are certified by the
    /// same validators at the same height.
    #[must_use]
    pub fn signed_both(&self) -> Vec<&Validator> {
        let Some(known) = self.known_anchor.as_ref().filter(|_| self.earlier.is_none()) else { return Vec::new() };
        let (one, other) = (&known.certificate, &self.anchor.certificate);
        if one.epoch != other.epoch {
            return Vec::new();
        }
        let signed = |signer: u16| other.signatures.iter().any(|(each, _)| *each == signer);
        let both = one.signatures.iter().map(|(signer, _)| *signer).filter(|signer| signed(*signer));
        both.filter_map(|signer| self.known.validators.member(signer)).collect()
    }
}
