//! A bounded cache for things that never change once numbered.
//!
//! Second chance, in shards with a lock each: what comes first goes first, but what was used since it was last looked at stays for
//! another round. So nothing is ever invalidated; what is known to be dead can be dropped at once.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 16;

/// A cache by number.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    shards: Vec<Mutex<Shard<V>>>,
    /// Budget of each shard.
    budget: usize,
}

#[derive(Debug)]
struct Shard<V> {
    held: HashMap<u64, Held<V>, BuildHasherDefault<Spread>>,
    /// Numbers in the order in which they are looked at; some may be dropped already.
    turns: VecDeque<u64>,
    weight: usize,
}

#[derive(Debug)]
struct Held<V> {
    value: V,
    weight: usize,
    is_used: bool,
}

impl<V: Clone> Cache<V> {
    /// A cache that holds at most `budget` bytes, by the weights given.
    pub(crate) fn new(budget: usize) -> Self {
        let shard = |_| Mutex::new(Shard { held: HashMap::default(), turns: VecDeque::new(), weight: 0 });
        Self { shards: (0..SHARDS).map(shard).collect(), budget: budget / SHARDS }
    }

    /// The thing of that number, if it is here.
    pub(crate) fn get(&self, number: u64) -> Option<V> {
        let mut shard = self.shard(number);
        let held = shard.held.get_mut(&number)?;
        held.is_used = true;
        Some(held.value.clone())
    }

    /// Keeps a thing of this many bytes for a while.
    pub(crate) fn put(&self, number: u64, value: V, weight: usize) {
        self.shard(number).insert(number, value, weight, self.budget);
    }

    /// Drops a thing that nobody is going to ask for.
    pub(crate) fn drop(&self, number: u64) {
        let mut shard = self.shard(number);
        if let Some(held) = shard.held.remove(&number) {
            shard.weight = shard.weight.saturating_sub(held.weight);
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.held.clear();
            shard.turns.clear();
            shard.weight = 0;
        }
    }

    fn shard(&self, number: u64) -> MutexGuard<'_, Shard<V>> {
        let index = usize::try_from(spread(number) >> 60).unwrap_or_default() % SHARDS;
        let shard = self.shards.get(index).expect("the index is below the number of shards");
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Shard<V> {
    fn insert(&mut self, number: u64, value: V, weight: usize, budget: usize) {
        while self.weight.saturating_add(weight) > budget {
            let Some(next) = self.turns.pop_front() else { break };
            let Some(held) = self.held.get_mut(&next) else { continue };
            if std::mem::take(&mut held.is_used) {
                self.turns.push_back(next);
                continue;
            }
            self.weight = self.weight.saturating_sub(held.weight);
            self.held.remove(&next);
        }
        // Numbers of what was dropped would pile up where nothing has to make room.
        if self.turns.len() > 64 + 2 * self.held.len() {
            self.turns.retain(|number| self.held.contains_key(number));
        }
        self.weight = self.weight.saturating_add(weight);
        match self.held.insert(number, Held { value, weight, is_used: false }) {
            Some(before) => self.weight = self.weight.saturating_sub(before.weight),
            None => self.turns.push_back(number),
        }
    }
}

/// Spreads numbers in a row over all bits.
fn spread(number: u64) -> u64 {
    (number ^ (number >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The hash of a number: fixed, since numbers are our own.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = spread(self.0 ^ number).rotate_left(32);
    }
}
