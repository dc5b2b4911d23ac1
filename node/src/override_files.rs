//! Overrides that operators installed: files of JSON in `overrides/` in the data directory, read at the start.

use crate::limits::OVERRIDE_FILE_BYTES_MAX;
use anyhow::{Context as _, bail};
use countersign_types::SignedOverride;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The directory in a node's data directory.
pub const OVERRIDES_DIRECTORY: &str = "overrides";

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
    read_json(path, "override", OVERRIDE_FILE_BYTES_MAX)
}

/// What a file of JSON says that people pass around.
///
/// # Errors
/// If it cannot be read, is larger than `bytes_max` or says something else.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path, what: &str, bytes_max: u64) -> anyhow::Result<T> {
    let at = || format!("the {what} {}", path.display());
    if fs::metadata(path).with_context(at)?.len() > bytes_max {
        bail!("{} is larger than {bytes_max} bytes", at());
    }
    serde_json::from_str(&fs::read_to_string(path).with_context(at)?).with_context(at)
}
