//! What reads found damaged, kept in memory until it is mended or the node ends.
//!
//! Rows that are stored by height (headers, transactions, receipts, result certificates) can be had from peers again, where
//! certificates and roots prove them: their heights are listed for who asks peers. State and logs are mended while nothing else uses
//! the ledger ([`crate::Ledger::survey`]): their rows are listed for who sees to that. Everything else is only said.

use crate::error::LedgerError;
use crate::limits::DAMAGED_HEIGHTS_MAX;
use crate::record::key_number;
use crate::store::{Space, StoreError};
use countersign_types::Height;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was found since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damaged {
    /// Reads that met damage.
    pub met: u64,
    /// Heights that were mended.
    pub mended: u64,
    /// Heights with rows that peers can bring again.
    pub heights: BTreeSet<Height>,
    /// The first damage that cannot be mended row by row while the ledger is used, in words.
    pub lasting: Option<String>,
    /// Damaged rows of the state, of the index of its keys, and of logs.
    pub state: BTreeSet<(Space, Vec<u8>)>,
    /// The first file of the database that was found damaged, in its words. Rows that were in it are read from newer files once they
    /// are mended, but the database stops when it comes to merge this one.
    pub file: Option<String>,
}

/// Where reads note it.
#[derive(Debug, Default)]
pub(crate) struct DamageNotes {
    /// Changes with every note, so that looking costs nothing while there are none.
    changes: AtomicU64,
    found: Mutex<Damaged>,
}

impl DamageNotes {
    /// Notes a failed read, if damage is why it failed.
    pub(crate) fn note(&self, cause: &LedgerError) {
        let Some((space, key)) = cause.damaged_row() else { return };
        let height = key_number(key).filter(|_| is_by_height(space)).map(Height);
        let mut found = self.lock();
        found.met = found.met.saturating_add(1);
        if let LedgerError::Store(StoreError::Damaged { cause, .. }) = cause {
            found.file.get_or_insert_with(|| cause.clone());
        }
        match height {
            Some(height) if found.heights.len() < DAMAGED_HEIGHTS_MAX => {
                found.heights.insert(height);
            }
            Some(_) => {}
            None => {
                found.lasting.get_or_insert_with(|| cause.to_string());
                let is_listed = is_of_state(space) && found.state.len() < DAMAGED_HEIGHTS_MAX;
                if is_listed {
                    found.state.insert((space, key.to_vec()));
                }
            }
        }
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Notes a damaged file of the database, if that is why a read failed.
    pub(crate) fn note_file(&self, cause: &LedgerError) {
        if let LedgerError::Store(StoreError::Damaged { cause, .. }) = cause {
            self.lock().file.get_or_insert_with(|| cause.clone());
        }
    }

    /// The height is whole again.
    pub(crate) fn mended(&self, height: Height) {
        let mut found = self.lock();
        if found.heights.remove(&height) {
            found.mended = found.mended.saturating_add(1);
        }
        self.changes.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    pub(crate) fn found(&self) -> Damaged {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Damaged> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a space's rows are those of the state or of logs, or follow from them.
fn is_of_state(space: Space) -> bool {
    matches!(space, Space::Values | Space::Pages | Space::Keys | Space::Logs | Space::Trees)
}

/// Whether a space's rows are those of one height each, which peers can send.
fn is_by_height(space: Space) -> bool {
    matches!(space, Space::Headers | Space::Bodies | Space::Receipts | Space::Certificates)
}
