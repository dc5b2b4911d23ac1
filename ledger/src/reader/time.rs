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
        let first = self.begin().before.saturating_add(1);
        let (mut low, mut high) = (first, last.min(self.tip().height).0.saturating_add(1));
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
        // What stood before the first block that is here is not known, unless it is the genesis.
        match low {
            low if low == first && first > 1 => {
                let what = "the block of that time, or one before it,";
                Err(LedgerError::BeforeSnapshot { what, height: Height(first), base: self.base() })
            }
            low => Ok(Height(low - 1)),
        }
    }
}
