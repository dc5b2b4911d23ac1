//! Where a light client keeps its block, and what it found against the network.

use countersign_types::Height;
use countersign_types::limits::GENESIS_BYTES_MAX;
use countersign_verify::{BadFile, Conflict, Light, light};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Why a light client's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LightFileError {
    /// It cannot be read or written.
    #[error("cannot use {}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It is no light client's file, or is damaged.
    #[error("{}: {cause}", path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: BadFile,
    },
    /// It is of another chain or has come further: writing would lose what is known.
    #[error("{} has come to block {known} already, which is not before block {given}; it was left as it is", path.display())]
    Ahead {
        /// The file.
        path: PathBuf,
        /// Its height.
        known: Height,
        /// The height to be written.
        given: Height,
    },
}

/// Reads a light client from its file; `None` if there is no such file.
///
/// # Errors
/// [`LightFileError::Io`] or [`LightFileError::Bad`].
pub fn load(path: &Path) -> Result<Option<Light>, LightFileError> {
    let io = |cause| LightFileError::Io { path: path.to_owned(), cause };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(io)?,
    };
    let most = u64::try_from(GENESIS_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(io)?;
    let bad = |cause| LightFileError::Bad { path: path.to_owned(), cause };
    Ok(Some(light(&bytes).and_then(|file| file.open()).map_err(bad)?))
}

/// Writes a light client's file, whole or not at all, and never an older block over a newer one. A light client that
/// nothing has moved from its genesis or checkpoint has nothing to write.
///
/// # Errors
/// [`LightFileError`].
pub fn save(path: &Path, light: &Light) -> Result<(), LightFileError> {
    let Some(file) = light.file() else { return Ok(()) };
    if let Some(known) = load(path)?
        && (known.chain() != light.chain() || known.height() > light.height())
    {
        return Err(LightFileError::Ahead { path: path.to_owned(), known: known.height(), given: light.height() });
    }
    let text = serde_json::to_vec_pretty(&file).expect("a light client's file has only text keys");
    let written = replace(path, &text);
    written.map_err(|cause| LightFileError::Io { path: path.to_owned(), cause })
}

/// Keeps a conflict beside a light client's file, in a file of its own that is never overwritten.
///
/// # Errors
/// [`LightFileError::Io`].
pub fn keep(path: &Path, conflict: &Conflict) -> Result<PathBuf, LightFileError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // The other result names it: the same one found again is the same file.
    name.push(format!(".conflict-{}-{}.json", conflict.known.height, conflict.other));
    let path = path.with_file_name(name);
    let text = serde_json::to_vec_pretty(conflict).expect("a conflict has only text keys");
    let written = if path.exists() { Ok(()) } else { replace(&path, &text) };
    written.map(|()| path.clone()).map_err(|cause| LightFileError::Io { path, cause })
}

/// Writes beside the file and renames, so that a crash leaves the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
