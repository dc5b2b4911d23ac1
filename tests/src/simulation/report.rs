//! What a run saw.

use super::fault::What;
use countersign_types::{Hash, Height};
use std::collections::BTreeMap;

/// What a run saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Digest of everything that was delivered, in order: the same for the same seed.
    pub trace: Hash,
    /// Turns that nodes took.
    pub steps: u64,
    /// Height that all nodes reached.
    pub height: Height,
    /// Epoch that all nodes reached.
    pub epoch: u64,
    /// Highest view.
    pub view: u64,
    /// Transactions that clients were told are final.
    pub acknowledged: usize,
    /// Blocks taken over by catching up.
    pub synced: u64,
    /// Votes on blocks that the model has accepted.
    pub votes: usize,
    /// What happened how often: faults, adversaries, and what nodes made of them.
    pub exercised: BTreeMap<&'static str, u64>,
}

impl Report {
    /// Something happened.
    pub fn saw(&mut self, what: &'static str) {
        self.saw_times(what, 1);
    }

    /// Something happened so many times.
    pub fn saw_times(&mut self, what: &'static str, times: u64) {
        if times > 0 {
            *self.exercised.entry(what).or_default() += times;
        }
    }

    /// A fault began.
    pub fn suffered(&mut self, what: &What) {
        self.saw(what.name());
    }

    /// How often something happened.
    #[must_use]
    pub fn times(&self, what: &str) -> u64 {
        self.exercised.get(what).copied().unwrap_or_default()
    }
}

/// How long a node was away and how long it took to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// Milliseconds in which the others made the blocks that it missed.
    pub missed_ms: u64,
    /// Milliseconds until it had them.
    pub caught_up_ms: u64,
    /// Blocks taken over from peers' ledgers.
    pub synced: u64,
}
