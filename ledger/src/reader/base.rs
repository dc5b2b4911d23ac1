//! Where a ledger begins: with the genesis, or with the snapshot that it was restored from.

use super::Reader;
use crate::error::LedgerError;
use crate::record::{META_BASE, Place, StoredBase, log_prefix};
use crate::shared::{Begin, Pin, Shared};
use crate::store::{Space, Store};
use countersign_types::{Address, Height};

impl<S: Store> Reader<S> {
    /// Height of the snapshot that this ledger was restored from, 0 if it begins with the genesis. Bodies, receipts and
    /// events up to it are not here, nor are headers but those of its last two windows and of the ends of epochs.
    #[must_use]
    pub fn base(&self) -> Height {
        self.begin().height
    }

    /// Oldest height from which on there are all headers, results and certificates: 1, or where the blocks begin that a
    /// snapshot carried.
    #[must_use]
    pub fn oldest_header(&self) -> Height {
        Height(self.begin().before).next()
    }

    /// Keeps the state of a height from being pruned while the pin lives, for at most
    /// [`PINNED_HEIGHTS_MAX`](crate::limits::PINNED_HEIGHTS_MAX) heights.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`], [`LedgerError::Pruned`].
    pub fn pin(&self, height: Height) -> Result<Pin<S>, LedgerError> {
        Shared::pin(&self.0, height)
    }

    /// Keeps the blocks from a height on until told otherwise, whatever is retained: who joins by a snapshot that is
    /// offered goes on with them.
    pub fn hold(&self, from: Option<Height>) {
        self.shared().hold(from);
    }

    pub(crate) fn begin(&self) -> Begin {
        self.shared().view().begin
    }

    /// That a log's records are not what its range says.
    pub(crate) fn log_damaged(&self, contract: &Address, key: &[u8]) -> LedgerError {
        Place { what: "a log", space: Space::Logs, key: &log_prefix(contract, key) }.damaged()
    }
}

/// What a ledger that was restored began with.
pub(crate) fn stored_base<S: Store>(store: &S) -> Result<Option<StoredBase>, LedgerError> {
    let place = Place { what: "where the ledger begins", space: Space::Meta, key: META_BASE };
    store.get(Space::Meta, META_BASE)?.map(|bytes| place.unseal(&bytes)).transpose()
}
