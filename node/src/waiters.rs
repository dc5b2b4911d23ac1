//! Clients that wait for what becomes of a transaction.

use crate::limits::WAITERS_MAX;
use countersign_types::{Hash, Height};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::sync::oneshot;

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stands in the block at this height, whose result is certified.
    Final(Height),
    /// It expired without being included.
    Expired,
}

/// Too many clients wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many clients wait for transactions; ask tx_get again later")]
pub struct TooMany;

#[derive(Debug, Default)]
struct Waiting {
    clients: BTreeMap<Hash, Vec<oneshot::Sender<Fate>>>,
    count: usize,
    /// Executed blocks with clients' transactions, until their results are certified.
    executed: BTreeMap<Height, Vec<Hash>>,
}

/// The waiting clients.
#[derive(Debug, Default)]
pub struct Waiters(Mutex<Waiting>);

impl Waiters {
    /// Registers a client. Ask the ledger afterwards, so that nothing slips through in between.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn wait(&self, transaction: Hash) -> Result<oneshot::Receiver<Fate>, TooMany> {
        let mut waiting = self.lock();
        if waiting.count >= WAITERS_MAX {
            waiting.clients.retain(|_, clients| {
                clients.retain(|client| !client.is_closed());
                !clients.is_empty()
            });
            waiting.count = waiting.clients.values().map(Vec::len).sum();
        }
        if waiting.count >= WAITERS_MAX {
            return Err(TooMany);
        }
        let (client, fate) = oneshot::channel();
        waiting.clients.entry(transaction).or_default().push(client);
        waiting.count += 1;
        Ok(fate)
    }

    /// Clients that wait, at most; those that went away count until their transaction's fate is known.
    #[must_use]
    pub fn count(&self) -> u64 {
        u64::try_from(self.lock().count).unwrap_or(u64::MAX)
    }

    /// Notes a block's transactions until their fate is certified.
    pub fn executed(&self, height: Height, transactions: Vec<Hash>) {
        if !transactions.is_empty() {
            self.lock().executed.insert(height, transactions);
        }
    }

    /// Tells everybody whose transaction stands at or below a certified height.
    pub fn certified(&self, height: Height) {
        let mut waiting = self.lock();
        let later = waiting.executed.split_off(&height.next());
        for (at, transactions) in std::mem::replace(&mut waiting.executed, later) {
            waiting.tell(&transactions, Fate::Final(at));
        }
    }

    /// Tells everybody whose transaction expired.
    pub fn expired(&self, transactions: &[Hash]) {
        self.lock().tell(transactions, Fate::Expired);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Waiting {
    fn tell(&mut self, transactions: &[Hash], fate: Fate) {
        for transaction in transactions {
            for client in self.clients.remove(transaction).into_iter().flatten() {
                self.count -= 1;
                // A client that went away needs no answer.
                let _ = client.send(fate);
            }
        }
    }
}
