//! What this node remembers of its clients' transactions that no block holds yet.

use crate::limits::{EXPIRED_MAX, SUBMITTED_MAX};
use countersign_types::Hash;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How a transaction stands that is not in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a block.
    Waiting,
    /// It expired without being included.
    Expired,
}

#[derive(Debug, Default)]
struct Known {
    waiting: BTreeSet<Hash>,
    expired: BTreeSet<Hash>,
    /// The expired ones, oldest first.
    order: VecDeque<Hash>,
}

/// The transactions.
#[derive(Debug, Default)]
pub struct Pending(Mutex<Known>);

impl Pending {
    /// Notes transactions that the replica took in.
    pub fn admitted(&self, transactions: impl IntoIterator<Item = Hash>) {
        let mut known = self.lock();
        for transaction in transactions {
            if known.waiting.len() < SUBMITTED_MAX {
                known.waiting.insert(transaction);
            }
        }
    }

    /// Forgets transactions that a block holds: the ledger knows them.
    pub fn included(&self, transactions: &[Hash]) {
        let mut known = self.lock();
        for transaction in transactions {
            known.waiting.remove(transaction);
        }
    }

    /// Notes transactions that expired.
    pub fn expired(&self, transactions: &[Hash]) {
        let mut known = self.lock();
        for transaction in transactions {
            known.waiting.remove(transaction);
            if known.expired.insert(*transaction) {
                known.order.push_back(*transaction);
            }
        }
        while known.order.len() > EXPIRED_MAX {
            if let Some(oldest) = known.order.pop_front() {
                known.expired.remove(&oldest);
            }
        }
    }

    /// How a transaction stands, as far as this node remembers.
    #[must_use]
    pub fn standing(&self, transaction: &Hash) -> Option<Standing> {
        let known = self.lock();
        if known.waiting.contains(transaction) {
            return Some(Standing::Waiting);
        }
        known.expired.contains(transaction).then_some(Standing::Expired)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> Hash {
        Hash::of_value(countersign_types::hash::Tag::TRANSACTION, &number)
    }

    #[test]
    fn a_transaction_waits_until_it_is_included_or_expires() {
        let pending = Pending::default();
        pending.admitted([hash(1), hash(2)]);
        assert_eq!(pending.standing(&hash(1)), Some(Standing::Waiting));
        pending.included(&[hash(1)]);
        assert_eq!(pending.standing(&hash(1)), None);
        pending.expired(&[hash(2)]);
        assert_eq!(pending.standing(&hash(2)), Some(Standing::Expired));
    }

    #[test]
    fn the_oldest_expired_ones_are_forgotten() {
        let pending = Pending::default();
        let all: Vec<Hash> = (0..=EXPIRED_MAX as u64).map(hash).collect();
        pending.expired(&all);
        assert_eq!(pending.standing(&all[0]), None);
        assert_eq!(pending.standing(&all[1]), Some(Standing::Expired));
    }
}
