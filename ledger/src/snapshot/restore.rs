//! From a snapshot to a ledger, and checking one without.

use super::checked::Snapshot;
use super::error::SnapshotError;
use super::logs::LogHead;
use super::manifest::Manifest;
use super::{LogsPiece, Piece, Progress, Shelf, StatePiece};
use crate::ledger::{Ledger, Restoring};
use crate::limits::FAULTS_LISTED_MAX;
use crate::store::Store;
use countersign_types::Genesis;

/// Makes a ledger in an empty store from a snapshot. Pieces are checked and written one after the other; the store is a
/// ledger with the last write, and refuses to be one before.
///
/// # Errors
/// What is missing, refused or damaged, and the store's. The store is of no use afterwards.
pub fn restore<S: Store>(
    store: S,
    shelf: &impl Shelf,
    genesis: &Genesis,
    mut progress: impl FnMut(Progress),
) -> Result<Ledger<S>, SnapshotError> {
    let snapshot = Manifest::read(shelf)?.verify(genesis)?;
    let mut restoring = Restoring::begin(store, genesis, &snapshot)?;
    for cut in 0..snapshot.cuts() {
        let (piece, logs) = state(shelf, &snapshot, cut)?;
        restoring.state(piece)?;
        for part in (0..).take(snapshot.starts(cut).len()) {
            let piece = records(shelf, &snapshot, cut, part, &logs)?;
            restoring.logs(&logs, piece)?;
        }
        progress(Progress { done: u64::from(cut).saturating_add(1), total: snapshot.cuts().into() });
    }
    Ok(restoring.finish(genesis, &snapshot)?)
}

/// What checking a snapshot found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Checked {
    /// Pieces looked at, the manifest's not among them.
    pub pieces: u64,
    /// Their bytes.
    pub bytes: u64,
    /// State entries.
    pub entries: u64,
    /// Log records.
    pub records: u64,
    /// What is wrong, at most [`FAULTS_LISTED_MAX`] of them.
    pub faults: Vec<String>,
    /// Number of all faults.
    pub faults_count: u64,
}

/// Checks a snapshot against the genesis, piece by piece. A bad piece does not end the check.
///
/// # Errors
/// If there is no manifest that holds, and the shelf's.
pub fn check(
    shelf: &impl Shelf,
    genesis: &Genesis,
    mut progress: impl FnMut(Progress),
) -> Result<(Snapshot, Checked), SnapshotError> {
    let snapshot = Manifest::read(shelf)?.verify(genesis)?;
    let mut checked = Checked::default();
    for cut in 0..snapshot.cuts() {
        // Without their state piece, logs cannot be judged.
        if let Some((piece, logs)) = checked.take(state(shelf, &snapshot, cut))? {
            checked.entries = checked.entries.saturating_add(count(piece.entries.len()));
            let bytes: usize = piece.entries.iter().map(|(key, value)| key.len().saturating_add(value.len())).sum();
            checked.bytes = checked.bytes.saturating_add(count(bytes));
            for part in (0..).take(snapshot.starts(cut).len()) {
                let Some(piece) = checked.take(records(shelf, &snapshot, cut, part, &logs))? else { continue };
                for record in piece.runs.iter().flat_map(|run| &run.records) {
                    checked.records = checked.records.saturating_add(1);
                    checked.bytes = checked.bytes.saturating_add(count(record.len()));
                }
            }
        }
        progress(Progress { done: u64::from(cut).saturating_add(1), total: snapshot.cuts().into() });
    }
    Ok((snapshot, checked))
}

impl Checked {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults_count == 0
    }

    /// Notes a piece, or that it is bad.
    fn take<T>(&mut self, read: Result<T, SnapshotError>) -> Result<Option<T>, SnapshotError> {
        self.pieces = self.pieces.saturating_add(1);
        match read {
            Ok(piece) => Ok(Some(piece)),
            Err(cause @ (SnapshotError::Piece { .. } | SnapshotError::Missing { .. })) => {
                self.faults_count = self.faults_count.saturating_add(1);
                if self.faults.len() < FAULTS_LISTED_MAX {
                    self.faults.push(cause.to_string());
                }
                Ok(None)
            }
            Err(cause) => Err(cause),
        }
    }
}

fn state(shelf: &impl Shelf, snapshot: &Snapshot, cut: u32) -> Result<(StatePiece, Vec<LogHead>), SnapshotError> {
    let piece = Piece::State { cut };
    let bytes = shelf.get(piece)?.ok_or(SnapshotError::Missing { piece })?;
    snapshot.check_state(cut, &bytes).map_err(|cause| SnapshotError::Piece { piece, cause })
}

fn records(
    shelf: &impl Shelf,
    snapshot: &Snapshot,
    cut: u32,
    part: u32,
    logs: &[LogHead],
) -> Result<LogsPiece, SnapshotError> {
    let piece = Piece::Logs { cut, part };
    let bytes = shelf.get(piece)?.ok_or(SnapshotError::Missing { piece })?;
    snapshot.check_logs(cut, part, logs, &bytes).map_err(|cause| SnapshotError::Piece { piece, cause })
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
