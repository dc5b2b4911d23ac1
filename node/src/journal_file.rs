//! The vote journal's file: appended, synced, and now and then replaced as a whole.
//!
//! A failed write or sync leaves the file's state unknown, so the caller stops the node and never
//! tries again.

use countersign_types::Hash;
use countersign_types::hash::Tag;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The secret that ties a journal to the key of its node.
#[must_use]
pub fn salt(seed: &[u8; 32]) -> Hash {
    Hash::of_parts(Tag::JOURNAL, &[b"salt", seed])
}

/// An open journal file.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    file: File,
}

/// What failed, and where.
#[derive(Debug, thiserror::Error)]
#[error("{doing} the vote journal {path}: {cause}")]
pub struct JournalFileError {
    doing: &'static str,
    path: PathBuf,
    cause: std::io::Error,
}

impl JournalFile {
    /// Creates an empty journal; there must be none.
    ///
    /// # Errors
    /// If the file exists or cannot be written.
    pub fn create(path: &Path) -> Result<Self, JournalFileError> {
        let failed = |doing| move |cause| JournalFileError { doing, path: path.into(), cause };
        let file =
            OpenOptions::new().append(true).create_new(true).mode(0o600).open(path).map_err(failed("creating"))?;
        file.sync_all().map_err(failed("syncing"))?;
        sync_directory(path).map_err(failed("syncing the directory of"))?;
        Ok(Self { path: path.into(), file })
    }

    /// Opens an existing journal and reads all of it.
    ///
    /// # Errors
    /// If it is missing or cannot be read.
    pub fn open(path: &Path) -> Result<(Self, Vec<u8>), JournalFileError> {
        let failed = |doing| move |cause| JournalFileError { doing, path: path.into(), cause };
        let mut bytes = Vec::new();
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(failed("reading"))?;
        let file = OpenOptions::new().append(true).open(path).map_err(failed("opening"))?;
        Ok((Self { path: path.into(), file }, bytes))
    }

    /// Appends bytes, not yet durable.
    ///
    /// # Errors
    /// If they cannot be written whole.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), JournalFileError> {
        self.file.write_all(bytes).map_err(|cause| self.failed("appending to", cause))
    }

    /// Makes everything appended durable.
    ///
    /// # Errors
    /// If the disk does not confirm it.
    pub fn sync(&mut self) -> Result<(), JournalFileError> {
        self.file.sync_data().map_err(|cause| self.failed("syncing", cause))
    }

    /// Replaces the whole journal, atomically and durably.
    ///
    /// # Errors
    /// If any step fails; the old journal or the new one is in place.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<(), JournalFileError> {
        let fresh = self.path.with_extension("new");
        let write = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&fresh, &self.path)?;
            sync_directory(&self.path)?;
            OpenOptions::new().append(true).open(&self.path)
        };
        self.file = write().map_err(|cause| self.failed("replacing", cause))?;
        Ok(())
    }

    fn failed(&self, doing: &'static str, cause: std::io::Error) -> JournalFileError {
        JournalFileError { doing, path: self.path.clone(), cause }
    }
}

fn sync_directory(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(directory) if directory != Path::new("") => File::open(directory)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_appended_and_replaced_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("votes");
        let mut journal = JournalFile::create(&path).unwrap();
        journal.append(b"one").unwrap();
        journal.append(b"two").unwrap();
        journal.sync().unwrap();
        assert_eq!(JournalFile::open(&path).unwrap().1, b"onetwo");
        journal.replace(b"three").unwrap();
        journal.append(b"four").unwrap();
        assert_eq!(JournalFile::open(&path).unwrap().1, b"threefour");
        assert!(JournalFile::create(&path).is_err(), "an existing journal is never overwritten");
    }
}
