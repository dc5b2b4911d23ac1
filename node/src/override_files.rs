//! Overrides that operators installed: files of JSON in `overrides/` in the data directory, read at the start.

use anyhow::{Context as _, bail};
use countersign_types::SignedOverride;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The directory in a node's data directory.
pub const OVERRIDES_DIRECTORY: &str = "overrides";

/// Largest file: 128 signatures of 64 bytes with their keys, in hexadecimal, and much white space.
const FILE_BYTES_MAX: u64 = 256 << 10;

/// All overrides of a data directory, in the order of the files' names.
///
/// # Errors
/// If a file cannot be read or is no override.
pub fn read(data: &Path) -> anyhow::Result<Vec<SignedOverride>> {
    let directory = data.join(OVERRIDES_DIRECTORY);
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(cause).with_context(|| format!("cannot list {}", directory.display())),
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    paths.iter().map(|path| read_one(path)).collect()
}

/// One override.
///
/// # Errors
/// If the file cannot be read or is no override.
pub fn read_one(path: &Path) -> anyhow::Result<SignedOverride> {
    let at = || format!("the override {}", path.display());
    if fs::metadata(path).with_context(at)?.len() > FILE_BYTES_MAX {
        bail!("{} is too large", at());
    }
    serde_json::from_str(&fs::read_to_string(path).with_context(at)?).with_context(at)
}
