//! Who may fill the pool how far: half of it is shares that are guaranteed to organisations, equal ones, and half is
//! free room for whoever needs more. Under pressure only those beyond their share are refused.

use crate::limits::{MEMPOOL_BYTES_MAX, MEMPOOL_FREE_PERCENT, MEMPOOL_TRANSACTIONS_MAX};
use std::collections::BTreeMap;

/// Transactions and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub transactions: usize,
    pub bytes: usize,
}

/// All that may wait.
const WHOLE: Amount = Amount { transactions: MEMPOOL_TRANSACTIONS_MAX, bytes: MEMPOOL_BYTES_MAX };

/// What each organisation holds, and who may have more.
#[derive(Debug)]
pub(super) struct Room {
    share: Amount,
    free: Amount,
    held: BTreeMap<String, Amount>,
    total: Amount,
    /// What organisations hold beyond their shares, together.
    beyond: Amount,
}

impl Room {
    /// For so many organisations.
    pub fn new(organisations: usize) -> Self {
        let organisations = organisations.max(1);
        let free = WHOLE.map(|whole| whole / 100 * MEMPOOL_FREE_PERCENT);
        let share = WHOLE.less(free).map(|guaranteed| guaranteed / organisations);
        Self { share, free, held: BTreeMap::new(), total: Amount::default(), beyond: Amount::default() }
    }

    /// Takes room for one transaction; whether there is any for this organisation.
    pub fn take(&mut self, organisation: &str, bytes: usize) -> bool {
        let one = Amount { transactions: 1, bytes };
        let before = self.held.get(organisation).copied().unwrap_or_default();
        let after = before.plus(one);
        let beyond = self.beyond.less(before.less(self.share)).plus(after.less(self.share));
        let fits = beyond.fits(self.free) || after.fits(self.share);
        if !fits || !self.total.plus(one).fits(WHOLE) {
            return false;
        }
        self.held.insert(organisation.to_owned(), after);
        self.beyond = beyond;
        self.total = self.total.plus(one);
        true
    }

    /// A transaction left.
    pub fn give_back(&mut self, organisation: &str, bytes: usize) {
        let one = Amount { transactions: 1, bytes };
        let Some(held) = self.held.get_mut(organisation) else { return };
        let before = *held;
        *held = before.less(one);
        self.beyond = self.beyond.less(before.less(self.share)).plus(held.less(self.share));
        self.total = self.total.less(one);
        if held.transactions == 0 {
            self.held.remove(organisation);
        }
    }

    /// Transactions of an organisation.
    pub fn transactions_of(&self, organisation: &str) -> usize {
        self.held.get(organisation).map_or(0, |held| held.transactions)
    }

    /// Bytes of all.
    pub fn bytes(&self) -> usize {
        self.total.bytes
    }
}

impl Amount {
    fn map(self, change: impl Fn(usize) -> usize) -> Self {
        Self { transactions: change(self.transactions), bytes: change(self.bytes) }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            transactions: self.transactions.saturating_add(other.transactions),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            transactions: self.transactions.saturating_sub(other.transactions),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }

    fn fits(self, most: Self) -> bool {
        self.transactions <= most.transactions && self.bytes <= most.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills the pool for an organisation with transactions of so many bytes; answers how many there was room for.
    fn fill(room: &mut Room, organisation: &str, bytes: usize) -> usize {
        (0..).take_while(|_| room.take(organisation, bytes)).count()
    }

    #[test]
    fn two_organisations_cannot_fill_it_for_a_third() {
        for bytes in [200, 100_000] {
            let mut room = Room::new(4);
            let most = WHOLE.transactions.min(WHOLE.bytes / bytes);
            let (first, second) = (fill(&mut room, "a", bytes), fill(&mut room, "b", bytes));
            assert!(first * 100 >= most * 60 && second * 100 >= most * 11, "{first} and {second} of {most}");
            for other in ["c", "d"] {
                assert!(fill(&mut room, other, bytes) * 100 >= most * 11, "{other} has its share");
            }
            assert!(room.total.fits(WHOLE));
        }
    }

    #[test]
    fn what_leaves_can_be_taken_again() {
        let mut room = Room::new(2);
        let most = fill(&mut room, "a", 1_000);
        for _ in 0..most {
            room.give_back("a", 1_000);
        }
        assert_eq!((room.total, room.beyond, room.held.len()), (Amount::default(), Amount::default(), 0));
        assert_eq!(fill(&mut room, "b", 1_000), most);
    }

    #[test]
    fn free_room_that_others_use_is_no_reason_to_refuse_a_share() {
        let mut room = Room::new(3);
        fill(&mut room, "a", 5_000);
        assert!(room.take("b", 300));
        assert!(!room.take("a", 1));
        room.give_back("a", 5_000);
        assert!(room.take("a", 5_000));
    }
}
