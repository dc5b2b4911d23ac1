//! Transactions that wait for a block.
//!
//! Each organisation has its own queue, and blocks are drawn from the queues in turn, so that one
//! that floods delays only itself. A transaction stays here until a block with it is committed or it
//! expires.

use crate::execute::outside_window;
use crate::limits::{MEMPOOL_BYTES_MAX, MEMPOOL_ORGANISATION_PERCENT, MEMPOOL_TRANSACTIONS_MAX};
use countersign_types::{Gas, Hash, Parameters, RejectCode, TimestampMs, VerifiedTransaction};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Why a transaction is not taken in. Nothing was promised for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It waits already.
    #[error("the transaction is waiting already")]
    Known,
    /// Too many wait, or too many of this organisation.
    #[error("too many transactions are waiting; try again when blocks have taken some")]
    Full,
    /// It could not succeed now.
    #[error("{}", .0.explain())]
    Rejected(RejectCode),
}

#[derive(Debug)]
struct Waiting {
    transaction: Arc<VerifiedTransaction>,
    organisation: String,
}

#[derive(Debug, Default)]
struct Queue {
    order: VecDeque<Hash>,
    live: usize,
    bytes: usize,
}

/// The waiting transactions.
#[derive(Debug, Default)]
pub struct Mempool {
    by_hash: BTreeMap<Hash, Waiting>,
    /// The name of each waiting id: one body can be signed in several ways, and only one of them
    /// takes effect.
    ids: BTreeMap<Hash, Hash>,
    /// Ids that unfinalised blocks hold, and how many of the waiting ones are among them.
    taken: BTreeSet<Hash>,
    idle: usize,
    queues: BTreeMap<String, Queue>,
    expiry: BTreeSet<(TimestampMs, Hash)>,
    bytes: usize,
    turn: usize,
}

/// What a block may still hold.
struct Room {
    transactions: usize,
    bytes: usize,
    gas: u64,
}

impl Mempool {
    /// Takes a transaction in for an organisation.
    ///
    /// # Errors
    /// [`Refused::Known`] or [`Refused::Full`].
    pub fn admit(&mut self, transaction: Arc<VerifiedTransaction>, organisation: &str) -> Result<(), Refused> {
        if self.holds_id(&transaction.id()) {
            return Err(Refused::Known);
        }
        let bytes = transaction.bytes().len();
        let share = self.queues.get(organisation).map_or((0, 0), |queue| (queue.live, queue.bytes));
        let part = |max: usize| max / 100 * MEMPOOL_ORGANISATION_PERCENT;
        if self.by_hash.len() >= MEMPOOL_TRANSACTIONS_MAX
            || self.bytes.saturating_add(bytes) > MEMPOOL_BYTES_MAX
            || share.0 >= part(MEMPOOL_TRANSACTIONS_MAX)
            || share.1.saturating_add(bytes) > part(MEMPOOL_BYTES_MAX)
        {
            return Err(Refused::Full);
        }
        let hash = transaction.hash();
        self.ids.insert(transaction.id(), hash);
        self.idle += usize::from(self.taken.contains(&transaction.id()));
        self.expiry.insert((transaction.body().expires, hash));
        self.bytes += bytes;
        let queue = self.queues.entry(organisation.to_owned()).or_default();
        queue.order.push_back(hash);
        queue.live += 1;
        queue.bytes += bytes;
        self.by_hash.insert(hash, Waiting { transaction, organisation: organisation.to_owned() });
        Ok(())
    }

    /// A waiting transaction by the hash of its signed bytes.
    #[must_use]
    pub fn find(&self, hash: &Hash) -> Option<Arc<VerifiedTransaction>> {
        self.by_hash.get(hash).map(|waiting| Arc::clone(&waiting.transaction))
    }

    /// Whether a transaction with this id waits.
    #[must_use]
    pub fn holds_id(&self, id: &Hash) -> bool {
        self.ids.contains_key(id)
    }

    /// Number of waiting transactions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Bytes of the waiting transactions.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether any waits that no unfinalised block holds.
    #[must_use]
    pub fn has_free(&self) -> bool {
        self.by_hash.len() > self.idle
    }

    /// An unfinalised block holds these ids now.
    pub fn hold(&mut self, ids: &[Hash]) {
        for id in ids {
            if self.taken.insert(*id) && self.ids.contains_key(id) {
                self.idle += 1;
            }
        }
    }

    /// It no longer does: it was committed, or another block took its place.
    pub fn release(&mut self, ids: &[Hash]) {
        for id in ids {
            if self.taken.remove(id) && self.ids.contains_key(id) {
                self.idle -= 1;
            }
        }
    }

    /// Draws a block's transactions, one from each organisation in turn, oldest first, leaving out
    /// the ids that its ancestors hold. They stay in the pool.
    pub fn draw(
        &mut self,
        rules: &Parameters,
        time: TimestampMs,
        taken: &BTreeSet<Hash>,
    ) -> Vec<Arc<VerifiedTransaction>> {
        let mut room = Room {
            transactions: usize::try_from(rules.block_transactions_max).unwrap_or(usize::MAX),
            bytes: usize::try_from(rules.block_bytes_max).unwrap_or(usize::MAX),
            gas: rules.block_gas_max.0,
        };
        self.turn = self.turn.wrapping_add(1);
        let mut queues: Vec<_> = self.queues.values().map(|queue| queue.order.iter()).collect();
        if queues.is_empty() {
            return Vec::new();
        }
        let first = self.turn % queues.len();
        queues.rotate_left(first);
        let mut drawn = Vec::new();
        while !queues.is_empty() && room.transactions > 0 {
            queues.retain_mut(|queue| {
                for hash in queue.by_ref() {
                    let Some(Waiting { transaction, .. }) = self.by_hash.get(hash) else { continue };
                    if taken.contains(&transaction.id())
                        || outside_window(rules, transaction.body().expires, time).is_some()
                    {
                        continue;
                    }
                    let fits = room.take(transaction);
                    if fits {
                        drawn.push(Arc::clone(transaction));
                    }
                    return fits;
                }
                false
            });
        }
        drawn
    }

    /// Forgets transactions that a committed block holds, by their ids.
    pub fn remove<'a>(&mut self, ids: impl IntoIterator<Item = &'a Hash>) {
        for id in ids {
            if let Some(hash) = self.ids.get(id).copied() {
                self.forget(&hash);
            }
        }
        for queue in self.queues.values_mut() {
            // What is gone is skipped when drawing; the order is rebuilt once half of it is gone.
            if queue.order.len() > 2 * queue.live {
                queue.order.retain(|hash| self.by_hash.contains_key(hash));
            }
        }
        self.queues.retain(|_, queue| queue.live > 0);
    }

    /// Forgets transactions that cannot be included any more, and names their ids.
    pub fn expire(&mut self, time: TimestampMs) -> Vec<Hash> {
        let mut gone = Vec::new();
        while let Some((expires, hash)) = self.expiry.first().copied() {
            if expires >= time {
                break;
            }
            gone.extend(self.by_hash.get(&hash).map(|waiting| waiting.transaction.id()));
            self.forget(&hash);
        }
        self.remove(&[]);
        gone
    }

    fn forget(&mut self, hash: &Hash) {
        let Some(waiting) = self.by_hash.remove(hash) else { return };
        let bytes = waiting.transaction.bytes().len();
        let id = waiting.transaction.id();
        self.ids.remove(&id);
        self.idle -= usize::from(self.taken.contains(&id));
        self.expiry.remove(&(waiting.transaction.body().expires, *hash));
        self.bytes -= bytes;
        if let Some(queue) = self.queues.get_mut(&waiting.organisation) {
            queue.live -= 1;
            queue.bytes -= bytes;
        }
    }
}

impl Room {
    fn take(&mut self, transaction: &VerifiedTransaction) -> bool {
        let bytes = transaction.bytes().len();
        let Gas(gas) = transaction.body().gas_limit;
        if self.transactions == 0 || bytes > self.bytes || gas > self.gas {
            return false;
        }
        self.transactions -= 1;
        self.bytes -= bytes;
        self.gas -= gas;
        true
    }
}
