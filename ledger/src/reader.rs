//! Reading, any number at once, beside the writer.
//!
//! What comes from the store is decoded strictly; state is also checked against its root. State is
//! read at the tip or at any height from [`Reader::oldest_state`] on. What is damaged is never answered but noted
//! ([`Reader::damaged`]), and what was pruned is said to be.

mod base;
mod chain;
mod range;
mod state;
mod time;

pub(crate) use base::stored_base;
pub use range::LogPage;
pub use state::StateRow;

use crate::damage::Damaged;
use crate::retention::Class;
use crate::shared::Shared;
use crate::store::Store;
use crate::tip::Tip;
use countersign_types::{Hash, Height};
use std::sync::Arc;

/// A handle for reading. Cheap to clone.
#[derive(Debug)]
pub struct Reader<S>(pub(crate) Arc<Shared<S>>);

impl<S> Clone for Reader<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Store> Reader<S> {
    pub(crate) fn new(shared: Arc<Shared<S>>) -> Self {
        Self(shared)
    }

    /// The store, for those that read raw rows.
    pub(crate) fn store(&self) -> &S {
        &self.0.store
    }

    pub(crate) fn shared(&self) -> &Shared<S> {
        &self.0
    }

    /// The chain's id.
    #[must_use]
    pub fn chain(&self) -> Hash {
        self.0.chain
    }

    /// The last committed block.
    #[must_use]
    pub fn tip(&self) -> Arc<Tip> {
        self.0.view().tip.clone()
    }

    /// The highest height whose result is certified; 0 if none is. Answers to clients rest on it.
    #[must_use]
    pub fn certified(&self) -> Height {
        self.0.view().certified
    }

    /// The oldest height whose state is kept.
    #[must_use]
    pub fn oldest_state(&self) -> Height {
        self.0.view().oldest
    }

    /// The oldest height of which something is kept.
    #[must_use]
    pub fn oldest(&self, class: Class) -> Height {
        self.0.view().oldest_of(class)
    }

    /// What reads found damaged since the ledger was opened.
    #[must_use]
    pub fn damaged(&self) -> Damaged {
        self.0.damage.found()
    }

    /// Changes whenever [`Reader::damaged`] does.
    #[must_use]
    pub fn damage_changes(&self) -> u64 {
        self.0.damage.changes()
    }
}
