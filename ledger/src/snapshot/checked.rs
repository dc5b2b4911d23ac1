//! A snapshot whose manifest was checked: it judges pieces.

use super::cut::Place;
use super::error::BadPiece;
use super::layout::LogStart;
use super::logs::{LogHead, LogsPiece, first_from};
use super::manifest::Manifest;
use super::state::StatePiece;
use crate::tip::Tip;
use countersign_types::{EpochEnd, Hash, Height, KnownEpoch, ValidatorSet};

/// An epoch that a snapshot shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownEpoch {
    /// The last height before it.
    pub(crate) origin: Height,
    pub(crate) known: KnownEpoch,
    /// The order that it began by, if it did.
    pub(crate) restart: Option<EpochEnd>,
}

/// A snapshot whose manifest was checked against the genesis; its pieces are checked against it.
#[derive(Debug, Clone)]
#[must_use]
pub struct Snapshot {
    pub(super) manifest: Manifest,
    pub(super) id: Hash,
    pub(super) places: Vec<Place>,
    pub(super) epochs: Vec<ShownEpoch>,
    pub(super) tip: Tip,
}

impl Snapshot {
    /// What it is named by.
    #[must_use]
    pub fn id(&self) -> Hash {
        self.id
    }

    /// Its height.
    #[must_use]
    pub fn height(&self) -> Height {
        self.tip.height
    }

    /// Where a ledger that is restored from it stands.
    #[must_use]
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The validators of the next height.
    #[must_use]
    pub fn validators(&self) -> Option<&ValidatorSet> {
        self.epochs.last().map(|epoch| &epoch.known.validators)
    }

    pub(crate) fn epochs(&self) -> &[ShownEpoch] {
        &self.epochs
    }

    /// Number of state pieces.
    #[must_use]
    pub fn cuts(&self) -> u32 {
        // The manifest's size bounds them.
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    /// Where the logs pieces of a state piece begin.
    #[must_use]
    pub fn starts(&self, cut: u32) -> &[LogStart] {
        let cut = usize::try_from(cut).unwrap_or(usize::MAX);
        self.manifest.layout.logs.get(cut).map_or(&[], Vec::as_slice)
    }

    /// Number of all pieces but the manifest's.
    #[must_use]
    pub fn pieces(&self) -> u64 {
        let logs: usize = self.manifest.layout.logs.iter().map(Vec::len).sum();
        u64::try_from(logs.saturating_add(self.places.len())).unwrap_or(u64::MAX)
    }

    /// Checks a state piece; answers its entries and the logs among them.
    ///
    /// # Errors
    /// [`BadPiece`]; with [`BadPiece::Layout`] the manifest is to blame.
    pub fn check_state(&self, cut: u32, bytes: &[u8]) -> Result<(StatePiece, Vec<LogHead>), BadPiece> {
        let place = usize::try_from(cut).ok().and_then(|cut| self.places.get(cut)).ok_or(BadPiece::Unknown)?;
        let piece = StatePiece::verify(bytes, place)?;
        let logs = piece.logs()?;
        let starts = self.starts(cut);
        let stands = |start: &LogStart| {
            let head = usize::try_from(start.log).ok().and_then(|log| logs.get(log));
            head.is_some_and(|head| start.index < head.range.count())
        };
        if starts.first().copied() != first_from(&logs, 0) || !starts.iter().all(stands) {
            return Err(BadPiece::Layout);
        }
        Ok((piece, logs))
    }

    /// Checks a logs piece against the logs of its state piece.
    ///
    /// # Errors
    /// [`BadPiece`].
    pub fn check_logs(&self, cut: u32, part: u32, logs: &[LogHead], bytes: &[u8]) -> Result<LogsPiece, BadPiece> {
        let part = usize::try_from(part).unwrap_or(usize::MAX);
        let starts = self.starts(cut);
        let start = starts.get(part).ok_or(BadPiece::Unknown)?;
        LogsPiece::verify(bytes, logs, *start, starts.get(part.saturating_add(1)).copied())
    }
}
