//! A piece of the state: all entries below one cut.

use super::cut::{Place, subtree};
use super::error::BadPiece;
use super::logs::LogHead;
use crate::limits::SNAPSHOT_PIECE_BYTES_MAX;
use crate::reader::StateRow;
use crate::record::log_of;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::range::Range;
use countersign_types::state::{path, value_hash};
use countersign_types::{Hash, codec};

/// Entries below a cut, by rising path. Doubtful until [`StatePiece::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct StatePiece {
    /// Keys and values.
    pub entries: Vec<StateRow>,
}

impl StatePiece {
    /// Reads a piece and checks that it is all that lies below a cut.
    ///
    /// # Errors
    /// [`BadPiece`] says what it is instead.
    pub fn verify(bytes: &[u8], place: &Place) -> Result<Self, BadPiece> {
        let piece: Self = codec::decode(bytes, SNAPSHOT_PIECE_BYTES_MAX)?;
        piece.check(place).map(|()| piece)
    }

    /// Checks that it is all that lies below a place.
    ///
    /// # Errors
    /// [`BadPiece`] says what it is instead.
    pub fn check(&self, place: &Place) -> Result<(), BadPiece> {
        let mut leaves: Vec<(Hash, Hash)> = Vec::with_capacity(self.entries.len());
        for (index, (key, value)) in self.entries.iter().enumerate() {
            let path = path(key);
            if !place.holds(&path) || leaves.last().is_some_and(|(before, _)| *before >= path) {
                return Err(BadPiece::Entry { index });
            }
            leaves.push((path, value_hash(value)));
        }
        let found = subtree(&leaves, place.depth);
        if found == place.hash { Ok(()) } else { Err(BadPiece::Subtree { found, expected: place.hash }) }
    }

    /// The logs whose ranges stand among the entries, in their order.
    ///
    /// # Errors
    /// [`BadPiece::Range`], which a state that execution made never has.
    pub fn logs(&self) -> Result<Vec<LogHead>, BadPiece> {
        let mut logs = Vec::new();
        for (index, (key, value)) in self.entries.iter().enumerate() {
            let Some((contract, log)) = log_of(key) else { continue };
            let range: Option<Range> = codec::decode(value, value.len()).ok();
            let range = range.filter(Range::is_well_formed).ok_or(BadPiece::Range { index })?;
            logs.push(LogHead { contract, key: log.to_vec(), range });
        }
        Ok(logs)
    }
}
