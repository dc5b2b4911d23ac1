//! Reading files, bounded and strict.

use crate::{BadFile, LightFile};
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

/// Reads a genesis, a checkpoint or a light client's file, and trusts it if it is in order.
///
/// # Errors
/// [`BadFile::TooLarge`], [`BadFile::RootText`], [`BadFile::Genesis`], [`BadFile::Checkpoint`], or as of [`light`].
pub fn trusted(bytes: &[u8]) -> Result<Trusted, BadFile> {
    bounded(bytes, GENESIS_BYTES_MAX)?;
    let text = |cause: serde_json::Error| BadFile::RootText(cause.to_string());
    let kind = serde_json::from_slice::<Kind>(bytes).map_err(text)?.kind;
    if kind.as_deref() == Some("light") {
        return Ok(light(bytes)?.checkpoint.trust()?);
    }
    if kind.is_some() {
        let checkpoint: Checkpoint = serde_json::from_slice(bytes).map_err(text)?;
        return Ok(checkpoint.trust()?);
    }
    let genesis: Genesis = serde_json::from_slice(bytes).map_err(text)?;
    genesis.check()?;
    Ok(Trusted::from(&genesis))
}

/// Reads a light client's file, if it is in order.
///
/// # Errors
/// As [`trusted`], and [`BadFile::LightVersion`] or [`BadFile::LightParts`].
pub fn light(bytes: &[u8]) -> Result<LightFile, BadFile> {
    bounded(bytes, GENESIS_BYTES_MAX)?;
    let file: LightFile = serde_json::from_slice(bytes).map_err(|cause| BadFile::RootText(cause.to_string()))?;
    file.clone().open()?;
    Ok(file)
}

/// What all versions of the file have.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// What tells a checkpoint from a genesis.
#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

fn bounded(bytes: &[u8], max: usize) -> Result<(), BadFile> {
    if bytes.len() > max { Err(BadFile::TooLarge { bytes: bytes.len(), max }) } else { Ok(()) }
}
