//! A bounded cache for things that never change once numbered.
//!
//! Two generations: what is used moves to the young one; when that is half of the budget, it becomes
//! the old one and the old one is dropped. So nothing is ever invalidated, and a thing that is used
//! stays.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A cache by number.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    generations: Mutex<Generations<V>>,
    half: usize,
}

#[derive(Debug)]
struct Generations<V> {
    young: BTreeMap<u64, (V, usize)>,
    old: BTreeMap<u64, (V, usize)>,
    /// Weight of the young generation.
    weight: usize,
}

impl<V: Clone> Cache<V> {
    /// A cache that holds at most `budget` bytes, by the weights given.
    pub(crate) fn new(budget: usize) -> Self {
        let generations = Generations { young: BTreeMap::new(), old: BTreeMap::new(), weight: 0 };
        Self { generations: Mutex::new(generations), half: budget / 2 }
    }

    /// The thing of that number, if it is here.
    pub(crate) fn get(&self, number: u64) -> Option<V> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, _)) = generations.young.get(&number) {
            return Some(value.clone());
        }
        let (value, weight) = generations.old.remove(&number)?;
        generations.insert(number, value.clone(), weight, self.half);
        Some(value)
    }

    /// Keeps a thing of this many bytes for a while.
    pub(crate) fn put(&self, number: u64, value: V, weight: usize) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.insert(number, value, weight, self.half);
    }
}

impl<V> Generations<V> {
    fn insert(&mut self, number: u64, value: V, weight: usize, half: usize) {
        if self.weight.saturating_add(weight) > half {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight = self.weight.saturating_add(weight);
        self.young.insert(number, (value, weight));
    }
}
