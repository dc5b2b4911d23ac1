//! A snapshot that is handed on to others: each piece is checked when it is read, as who fetches it will.
//!
//! So what a disk changed since is never sent: it would be refused, and this node accused of lying. It costs what it costs the
//! other, who shares its questions out among all that have the snapshot.

use super::checked::Snapshot;
use super::error::{BadPiece, SnapshotError};
use super::logs::LogHead;
use super::manifest::Manifest;
use super::{Piece, Shelf};
use countersign_types::hash::sha256;
use countersign_types::{Genesis, Height};

/// A snapshot on a shelf, its manifest checked.
#[derive(Debug)]
pub struct Served<H> {
    shelf: H,
    snapshot: Snapshot,
    /// SHA-256 of the manifest's parts.
    parts: Vec<[u8; 32]>,
    /// The logs of the subtree whose logs were read last: its pieces are asked for one after the other.
    logs: Option<(u32, Vec<LogHead>)>,
}

impl<H: Shelf> Served<H> {
    /// Reads and checks the manifest.
    ///
    /// # Errors
    /// What is missing or refused, and the shelf's.
    pub fn open(shelf: H, genesis: &Genesis) -> Result<Self, SnapshotError> {
        let snapshot = Manifest::read(&shelf)?.verify(genesis)?;
        Self::of(shelf, snapshot)
    }

    /// One that was checked already.
    ///
    /// # Errors
    /// [`SnapshotError::TooLarge`], which no checked one is.
    pub fn of(shelf: H, snapshot: Snapshot) -> Result<Self, SnapshotError> {
        let parts = snapshot.manifest().pieces()?.iter().map(|part| sha256(part)).collect();
        Ok(Self { shelf, snapshot, parts, logs: None })
    }

    /// What it is a snapshot of.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Its height.
    #[must_use]
    pub fn height(&self) -> Height {
        self.snapshot.height()
    }

    /// Number of the manifest's parts.
    #[must_use]
    pub fn manifest_parts(&self) -> u32 {
        // The manifest's size bounds them.
        u32::try_from(self.parts.len()).unwrap_or(u32::MAX)
    }

    /// A piece as it was made; `None` if the snapshot has no such piece.
    ///
    /// # Errors
    /// [`SnapshotError::Missing`] or [`SnapshotError::Piece`] if it is damaged, and the shelf's.
    pub fn piece(&mut self, piece: Piece) -> Result<Option<Vec<u8>>, SnapshotError> {
        if !self.has(piece) {
            return Ok(None);
        }
        let bytes = self.read(piece)?;
        let refused = |cause| SnapshotError::Piece { piece, cause };
        match piece {
            Piece::Manifest { part } => {
                let expected = usize::try_from(part).ok().and_then(|part| self.parts.get(part));
                if expected != Some(&sha256(&bytes)) {
                    return Err(refused(BadPiece::Manifest));
                }
            }
            Piece::State { cut } => drop(self.snapshot.check_state(cut, &bytes).map_err(refused)?),
            Piece::Logs { cut, part } => {
                let logs = match self.logs.take().filter(|(of, _)| *of == cut) {
                    Some((_, logs)) => logs,
                    None => self.logs_of(cut)?,
                };
                let checked = self.snapshot.check_logs(cut, part, &logs, &bytes).map(drop);
                self.logs = Some((cut, logs));
                checked.map_err(refused)?;
            }
        }
        Ok(Some(bytes))
    }

    fn logs_of(&self, cut: u32) -> Result<Vec<LogHead>, SnapshotError> {
        let piece = Piece::State { cut };
        let checked = self.snapshot.check_state(cut, &self.read(piece)?);
        checked.map(|(_, logs)| logs).map_err(|cause| SnapshotError::Piece { piece, cause })
    }

    fn read(&self, piece: Piece) -> Result<Vec<u8>, SnapshotError> {
        self.shelf.get(piece)?.ok_or(SnapshotError::Missing { piece })
    }

    fn has(&self, piece: Piece) -> bool {
        match piece {
            Piece::Manifest { part } => part < self.manifest_parts(),
            Piece::State { cut } => cut < self.snapshot.cuts(),
            Piece::Logs { cut, part } => usize::try_from(part).is_ok_and(|part| part < self.snapshot.starts(cut).len()),
        }
    }
}
