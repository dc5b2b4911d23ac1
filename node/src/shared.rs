//! What the replica's thread and the rest of the node share.

use crate::pending::Pending;
use crate::waiters::Waiters;
use countersign_consensus::Status;
use countersign_replica::Refused;
use countersign_replica::counters::Counters;
use countersign_types::{Hash, Height};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// How far the ledger has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Newest executed height.
    pub committed: Height,
    /// Newest height whose result is certified.
    pub certified: Height,
}

/// What became of the transactions of one submission, in their order.
pub type Verdicts = Vec<Result<Hash, Refused>>;

/// The shared state.
#[derive(Debug)]
pub struct Shared {
    /// Clients that wait for transactions.
    pub waiters: Waiters,
    /// Clients' transactions that no block holds yet.
    pub pending: Pending,
    stopping: AtomicBool,
    space_low: AtomicBool,
    progress: watch::Sender<Progress>,
    standing: Mutex<Option<(Status, Counters)>>,
    submissions: Mutex<BTreeMap<u64, oneshot::Sender<Verdicts>>>,
    tickets: AtomicU64,
    syncs: AtomicU64,
    sync_micros: AtomicU64,
}

impl Shared {
    /// For a node whose ledger stands at `progress`.
    #[must_use]
    pub fn new(progress: Progress) -> Self {
        Self {
            waiters: Waiters::default(),
            pending: Pending::default(),
            stopping: AtomicBool::new(false),
            space_low: AtomicBool::new(false),
            progress: watch::Sender::new(progress),
            standing: Mutex::default(),
            submissions: Mutex::default(),
            tickets: AtomicU64::new(1),
            syncs: AtomicU64::new(0),
            sync_micros: AtomicU64::new(0),
        }
    }

    /// Follows the ledger.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Where consensus stands and the replica's counters, once the replica has run a turn.
    #[must_use]
    pub fn standing(&self) -> Option<(Status, Counters)> {
        lock(&self.standing).clone()
    }

    /// Syncs of the vote journal and the microseconds they took.
    #[must_use]
    pub fn syncs(&self) -> (u64, u64) {
        (self.syncs.load(Ordering::Relaxed), self.sync_micros.load(Ordering::Relaxed))
    }

    /// Opens a submission: the ticket to submit under, and where the verdicts arrive.
    pub fn open_submission(&self) -> (u64, oneshot::Receiver<Verdicts>) {
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let (sender, verdicts) = oneshot::channel();
        lock(&self.submissions).insert(ticket, sender);
        (ticket, verdicts)
    }

    /// Forgets a submission that will get no verdicts.
    pub fn drop_submission(&self, ticket: u64) {
        lock(&self.submissions).remove(&ticket);
    }

    /// Asks the replica's thread to end.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether voting has stopped for want of room on the disk.
    #[must_use]
    pub fn is_space_low(&self) -> bool {
        self.space_low.load(Ordering::Relaxed)
    }

    pub(crate) fn set_space_low(&self, is_low: bool) {
        self.space_low.store(is_low, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn admitted(&self, ticket: u64, verdicts: Verdicts) {
        self.pending.admitted(verdicts.iter().filter_map(|verdict| verdict.as_ref().ok().copied()));
        if let Some(client) = lock(&self.submissions).remove(&ticket) {
            // A client that went away needs no answer.
            let _ = client.send(verdicts);
        }
    }

    pub(crate) fn committed(&self, height: Height, transactions: Vec<Hash>) {
        match transactions.len() {
            0 => tracing::debug!(height = height.0, "empty block executed"),
            count => tracing::info!(height = height.0, transactions = count, "block executed"),
        }
        self.pending.included(&transactions);
        self.waiters.executed(height, transactions);
        self.progress.send_modify(|progress| progress.committed = height);
    }

    pub(crate) fn certified(&self, height: Height) {
        self.waiters.certified(height);
        self.progress.send_modify(|progress| progress.certified = height);
    }

    pub(crate) fn expired(&self, transactions: &[Hash]) {
        self.pending.expired(transactions);
        self.waiters.expired(transactions);
    }

    pub(crate) fn publish(&self, status: Status, counters: Counters) {
        *lock(&self.standing) = Some((status, counters));
    }

    pub(crate) fn synced(&self, took: Duration) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.sync_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
