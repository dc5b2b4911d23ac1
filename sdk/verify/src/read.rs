//! Reading files, bounded and strict.

use crate::BadFile;
use countersign_types::Genesis;
use countersign_types::limits::{GENESIS_BYTES_MAX, PROOF_BYTES_MAX};
use countersign_types::proof::{Checkpoint, Proof, Trusted, VERSION};
use serde::Deserialize;

/// Reads a proof file; what it says is not checked.
///
/// # Errors
/// [`BadFile::TooLarge`], [`BadFile::Version`] or [`BadFile::Text`].
pub fn read(bytes: &[u8]) -> Result<Proof, BadFile> {
    bounded(bytes, PROOF_BYTES_MAX)?;
    serde_json::from_slice(bytes).map_err(|cause| match serde_json::from_slice::<Versioned>(bytes) {
        Ok(Versioned { version }) if version != VERSION => BadFile::Version(version),
        _ => BadFile::Text(cause.to_string()),
    })
}

/// Reads a genesis or a checkpoint, and trusts it if it is in order.
///
/// # Errors
/// [`BadFile::TooLarge`], [`BadFile::RootText`], [`BadFile::Genesis`] or [`BadFile::Checkpoint`].
pub fn trusted(bytes: &[u8]) -> Result<Trusted, BadFile> {
    bounded(bytes, GENESIS_BYTES_MAX)?;
    let text = |cause: serde_json::Error| BadFile::RootText(cause.to_string());
    if serde_json::from_slice::<Kind>(bytes).map_err(text)?.kind.is_some() {
        let checkpoint: Checkpoint = serde_json::from_slice(bytes).map_err(text)?;
        return Ok(checkpoint.trust()?);
    }
    let genesis: Genesis = serde_json::from_slice(bytes).map_err(text)?;
    genesis.check()?;
    Ok(Trusted::from(&genesis))
}

/// What all versions of the file have.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// What tells a checkpoint from a genesis.
#[derive(Deserialize)]
struct Kind {
    kind: Option<serde::de::IgnoredAny>,
}

fn bounded(bytes: &[u8], max: usize) -> Result<(), BadFile> {
    if bytes.len() > max { Err(BadFile::TooLarge { bytes: bytes.len(), max }) } else { Ok(()) }
}
