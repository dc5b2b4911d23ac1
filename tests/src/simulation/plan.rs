//! What a run of the simulation is to be, and what it saw.

use countersign_types::{Hash, Height};

/// How long and how bad.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Decides everything.
    pub seed: u64,
    /// Number of validators.
    pub validators: u16,
    /// Milliseconds under faults.
    pub faulty_ms: u64,
    /// Milliseconds to come to rest afterwards.
    pub healing_ms: u64,
    /// Whether the seed may make f of the validators do wrong.
    pub byzantine: bool,
    /// Whether the seed may change the validators.
    pub changing: bool,
    /// Print every delivery and what it led to.
    pub show: bool,
}

/// What a run saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Digest of everything that was delivered, in order: the same for the same seed.
    pub trace: Hash,
    /// Deliveries.
    pub steps: u64,
    /// Height that all nodes reached.
    pub height: Height,
    /// Epoch that all nodes reached.
    pub epoch: u64,
    /// Highest view.
    pub view: u64,
    /// Transactions that clients were told are final.
    pub acknowledged: usize,
    /// Crashes.
    pub crashes: u64,
    /// Partitions.
    pub partitions: u64,
    /// Blocks taken over by catching up.
    pub synced: u64,
    /// What the validators that do wrong are.
    pub adversaries: Vec<&'static str>,
    /// Cases of equivocation that honest nodes told.
    pub equivocations: u64,
    /// Messages that honest nodes dropped unseen.
    pub unheard: u64,
    /// Votes on blocks that the model has accepted.
    pub votes: usize,
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
