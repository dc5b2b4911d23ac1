//! Pieces as files in a directory, each under its own name.

use super::{Piece, Shelf, SnapshotError};
use crate::limits::SNAPSHOT_PIECE_BYTES_MAX;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A directory with the files of a snapshot. A file is written under another name and renamed, so a process that is
/// killed leaves whole files; what a power failure leaves shows when a piece is checked.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A directory, which is made if it is missing.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    pub fn make(path: &Path) -> Result<Self, SnapshotError> {
        fs::create_dir_all(path).map_err(|cause| io(path, "making the directory", cause))?;
        Ok(Self { path: path.to_owned() })
    }

    /// A directory that exists.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes a piece.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    pub fn remove(&mut self, piece: Piece) -> Result<(), SnapshotError> {
        let path = self.file(piece);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(io(&path, "removing", cause)),
            _ => Ok(()),
        }
    }

    /// Answers once all files are on disk.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    pub fn sync(&self) -> Result<(), SnapshotError> {
        let failed = |cause| io(&self.path, "syncing", cause);
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let file = fs::File::open(&path).and_then(|file| file.sync_all());
            file.map_err(|cause| io(&path, "syncing", cause))?;
        }
        fs::File::open(&self.path).and_then(|directory| directory.sync_all()).map_err(failed)
    }

    fn file(&self, piece: Piece) -> PathBuf {
        self.path.join(piece.to_string())
    }
}

impl Shelf for Folder {
    fn put(&mut self, piece: Piece, bytes: &[u8]) -> Result<(), SnapshotError> {
        let path = self.file(piece);
        let begun = path.with_extension("part");
        let written = fs::File::create(&begun).and_then(|mut file| file.write_all(bytes));
        written.and_then(|()| fs::rename(&begun, &path)).map_err(|cause| io(&path, "writing", cause))
    }

    fn get(&self, piece: Piece) -> Result<Option<Vec<u8>>, SnapshotError> {
        let path = self.file(piece);
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(io(&path, "opening", cause)),
        };
        // One byte more than a piece may have shows that it has too many.
        let mut bytes = Vec::new();
        let most = u64::try_from(SNAPSHOT_PIECE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
        file.take(most).read_to_end(&mut bytes).map_err(|cause| io(&path, "reading", cause))?;
        Ok(Some(bytes))
    }
}

fn io(path: &Path, doing: &'static str, cause: std::io::Error) -> SnapshotError {
    SnapshotError::Io { path: path.to_owned(), doing, cause }
}
