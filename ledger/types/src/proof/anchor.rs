//! The certified point of the chain, and earlier points that it names.

use super::BadProof;
use crate::block::Header;
use crate::certificate::{Certificate, Certified};
use crate::epoch::KnownEpoch;
use crate::hash::Hash;
use crate::number::{Height, TimestampMs};
use crate::result::ExecutionResult;
use crate::result_proof::ResultProof;
use crate::vote::Phase;
use serde::{Deserialize, Serialize};

/// The certified point of the chain that a proof rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Anchor {
    /// Header of the block.
    pub header: Header,
    /// Result of executing it.
    pub result: ExecutionResult,
    /// The quorum's signatures under the result.
    pub certificate: Certificate,
}

/// A block before the anchor's, about which the proof is: the anchor's result names its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Earlier {
    /// Header of the block.
    pub header: Header,
    /// Result of executing it.
    pub result: ExecutionResult,
    /// Its place among the results before the anchor's.
    pub proof: ResultProof,
}

/// A block whose result is known for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// Height.
    pub height: Height,
    /// Time.
    pub time: TimestampMs,
    /// Hash of the block.
    pub block: Hash,
    /// Hash of its execution result.
    pub result: Hash,
}

impl Anchor {
    /// Checks that header, result and certificate belong together, to the chain and to the epoch.
    ///
    /// # Errors
    /// [`BadProof::Anchor`] or [`BadProof::Certificate`].
    pub fn verify(&self, chain: &Hash, epoch: &KnownEpoch) -> Result<(), BadProof> {
        let Self { header, result, certificate } = self;
        belong(chain, header, result).map_err(BadProof::Anchor)?;
        if header.epoch != epoch.epoch || certificate.epoch != epoch.epoch {
            return Err(BadProof::Anchor("the epoch"));
        }
        if certificate.phase != Phase::Checkpoint
            || certificate.number != result.height.0
            || certificate.digest != result.hash()
        {
            return Err(BadProof::Anchor("the certificate"));
        }
        let _: Certified = certificate.verify(*chain, &epoch.validators)?;
        Ok(())
    }

    /// What it is a point of, if it was verified.
    #[must_use]
    pub fn point(&self) -> Point {
        point(&self.header, &self.result)
    }
}

impl Earlier {
    /// Checks that header and result belong together and that a certified result names them.
    ///
    /// # Errors
    /// [`BadProof::Earlier`] or [`BadProof::EarlierResult`].
    pub fn verify(&self, chain: &Hash, certified: &ExecutionResult) -> Result<(), BadProof> {
        belong(chain, &self.header, &self.result).map_err(BadProof::Earlier)?;
        Ok(self.proof.verify(&self.result, certified)?)
    }

    /// What it is a point of, if it was verified.
    pub(super) fn point(&self) -> Point {
        point(&self.header, &self.result)
    }
}

fn belong(chain: &Hash, header: &Header, result: &ExecutionResult) -> Result<(), &'static str> {
    if header.chain != *chain {
        return Err("the header");
    }
    if result.block != header.hash() || result.height != header.height {
        return Err("the execution result");
    }
    Ok(())
}

fn point(header: &Header, result: &ExecutionResult) -> Point {
    Point { height: header.height, time: header.time, block: result.block, result: result.hash() }
}
