//! Heights by time.

use super::Reader;
use crate::error::LedgerError;
use crate::record::{Place, height_key};
use crate::store::{Space, Store};
use countersign_types::{Height, TimestampMs};

impl<S: Store> Reader<S> {
    /// The last height up to `last` whose block is not later than `time`: the state that stood then. Height 0, the
    /// genesis, if there is none.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn height_at(&self, time: TimestampMs, last: Height) -> Result<Height, LedgerError> {
        // Each block is later than its parent. All heights below `low` are known to be not later than `time`.
        let (mut low, mut high) = (1, last.min(self.tip().height).0.saturating_add(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let key = height_key(Height(middle));
            let place = Place { what: "a header", space: Space::Headers, key: &key };
            if self.header(Height(middle))?.ok_or_else(|| place.damaged())?.time <= time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(Height(low - 1))
    }
}
