//! Transactions that wait for a block.
//!
//! Each organisation has its own queue and a guaranteed share of the room, and blocks are drawn fairly from the
//! queues, so that one that floods delays only itself. A transaction stays here until a block with it is committed
//! or it expires.

mod again;
mod draw;
mod room;

use crate::counters::Pooled;
use crate::execute::outside_window;
use again::Again;
use countersign_types::{Hash, Parameters, RejectCode, TimestampMs, VerifiedTransaction};
use draw::Draw;
use room::Room;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Why a transaction is not taken in. Nothing was promised for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It waits already.
    #[error("the transaction is waiting already")]
    Known,
    /// Too many of this organisation wait while the room that is free for all is taken.
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
    /// Its place in the order of arrival.
    number: u64,
    /// Blocks that had been executed then.
    since: u64,
}

/// The waiting transactions.
#[derive(Debug)]
pub struct Mempool {
    by_hash: BTreeMap<Hash, Waiting>,
    /// The name of each waiting id: one body can be signed in several ways, and only one of them
    /// takes effect.
    ids: BTreeMap<Hash, Hash>,
    /// Ids that unfinalised blocks hold, and how many of the waiting ones are among them.
    taken: BTreeSet<Hash>,
    idle: usize,
    /// Names by organisation, oldest first; some may be gone.
    queues: BTreeMap<String, VecDeque<Hash>>,
    room: Room,
    expiry: BTreeSet<(TimestampMs, Hash)>,
    /// Names in the order of arrival.
    arrival: BTreeMap<u64, Hash>,
    arrived: u64,
    /// Blocks executed so far.
    blocks: u64,
    again: Again,
    turn: usize,
}

impl Mempool {
    /// Of a chain with so many organisations.
    #[must_use]
    pub fn new(organisations: usize) -> Self {
        Self {
            by_hash: BTreeMap::new(),
            ids: BTreeMap::new(),
            taken: BTreeSet::new(),
            idle: 0,
            queues: BTreeMap::new(),
            room: Room::new(organisations),
            expiry: BTreeSet::new(),
            arrival: BTreeMap::new(),
            arrived: 0,
            blocks: 0,
            again: Again::default(),
            turn: 0,
        }
    }

    /// Takes a transaction in for an organisation.
    ///
    /// # Errors
    /// [`Refused::Known`] or [`Refused::Full`].
    pub fn admit(&mut self, transaction: Arc<VerifiedTransaction>, organisation: &str) -> Result<(), Refused> {
        if self.holds_id(&transaction.id()) {
            return Err(Refused::Known);
        }
        if !self.room.take(organisation, transaction.bytes().len()) {
            return Err(Refused::Full);
        }
        let hash = transaction.hash();
        self.ids.insert(transaction.id(), hash);
        self.idle += usize::from(self.taken.contains(&transaction.id()));
        self.expiry.insert((transaction.body().expires, hash));
        self.queues.entry(organisation.to_owned()).or_default().push_back(hash);
        let (number, since) = (self.arrived, self.blocks);
        self.arrived += 1;
        self.arrival.insert(number, hash);
        self.by_hash.insert(hash, Waiting { transaction, organisation: organisation.to_owned(), number, since });
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
        self.room.bytes()
    }

    /// The sizes of everything that is kept.
    #[must_use]
    pub fn kept(&self) -> Pooled {
        Pooled {
            transactions: self.by_hash.len(),
            bytes: self.room.bytes(),
            queued: self.queues.values().map(VecDeque::len).sum(),
            watched: self.again.len(),
            indexed: self.ids.len().max(self.expiry.len()).max(self.arrival.len()),
            taken: self.taken.len(),
        }
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

    /// A client of this node handed this in, and it was gossiped; see [`Mempool::gossip_again`].
    pub fn watch(&mut self, hash: Hash, now: TimestampMs, patience: u64) {
        self.again.watch(hash, now, patience);
    }

    /// What is to be gossiped once more, since no block took it for `patience` milliseconds, then twice as long, and
    /// so on.
    pub fn gossip_again(&mut self, now: TimestampMs, patience: u64) -> Vec<Arc<VerifiedTransaction>> {
        self.again.take_due(now, patience).iter().filter_map(|hash| self.find(hash)).collect()
    }

    /// When [`Mempool::gossip_again`] is next to be called.
    #[must_use]
    pub fn next_at(&self) -> Option<TimestampMs> {
        self.again.next_at()
    }

    /// Draws a block's transactions within the limits of `rules`, leaving out the ids that its ancestors hold. They
    /// stay in the pool. First comes the oldest of all if `patience` blocks went by without it, whatever room it needs,
    /// so that nothing waits for ever; then they are drawn fairly among organisations, and of each the oldest first.
    pub fn draw(
        &mut self,
        rules: &Parameters,
        time: TimestampMs,
        taken: &BTreeSet<Hash>,
        patience: u64,
    ) -> Vec<Arc<VerifiedTransaction>> {
        self.turn = self.turn.wrapping_add(1);
        let fits = |transaction: &&Arc<VerifiedTransaction>| {
            !taken.contains(&transaction.id()) && outside_window(rules, transaction.body().expires, time).is_none()
        };
        let waiting = |hash: &Hash| self.by_hash.get(hash).map(|waiting| &waiting.transaction);
        let mut oldest = self.arrival.values().filter_map(|hash| self.by_hash.get(hash));
        let oldest = oldest.find(|waiting| fits(&&waiting.transaction));
        let aged = oldest.filter(|waiting| self.blocks.saturating_sub(waiting.since) >= patience);
        let aged = aged.map(|waiting| &waiting.transaction);
        let others = |transaction: &&Arc<VerifiedTransaction>| {
            aged.is_none_or(|aged| aged.hash() != transaction.hash()) && fits(transaction)
        };
        let mut queues: Vec<_> =
            self.queues.values().map(|queue| queue.iter().filter_map(waiting).filter(others)).collect();
        if !queues.is_empty() {
            let first = self.turn % queues.len();
            queues.rotate_left(first);
        }
        Draw::new(rules, aged).fill(queues)
    }

    /// A block was executed: forgets the transactions that it holds, by their ids.
    pub fn committed<'a>(&mut self, ids: impl IntoIterator<Item = &'a Hash>) {
        self.blocks += 1;
        self.withdraw(ids);
    }

    /// Forgets transactions, by their ids.
    pub fn withdraw<'a>(&mut self, ids: impl IntoIterator<Item = &'a Hash>) {
        for id in ids {
            if let Some(hash) = self.ids.get(id).copied() {
                self.forget(&hash);
            }
        }
        self.queues.retain(|organisation, queue| {
            let live = self.room.transactions_of(organisation);
            // What is gone is skipped when drawing; the order is rebuilt once half of it is gone.
            if queue.len() > 2 * live {
                queue.retain(|hash| self.by_hash.contains_key(hash));
            }
            live > 0
        });
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
        self.withdraw(&[]);
        gone
    }

    fn forget(&mut self, hash: &Hash) {
        let Some(waiting) = self.by_hash.remove(hash) else { return };
        let id = waiting.transaction.id();
        self.ids.remove(&id);
        self.arrival.remove(&waiting.number);
        self.again.forget(hash);
        self.idle -= usize::from(self.taken.contains(&id));
        self.expiry.remove(&(waiting.transaction.body().expires, *hash));
        self.room.give_back(&waiting.organisation, waiting.transaction.bytes().len());
    }
}
