//! The smallest contract: a sum that anybody may add to.
#![no_std]
use countersign_contract::prelude::*;

countersign_contract::no_std_runtime!();

/// A sum that anybody may add to.
#[contract]
pub struct Counter {
    total: Item<u64>,
}

#[contract]
impl Counter {
    /// Adds `n` and answers the new total.
    #[call]
    pub fn add(&mut self, n: u64) -> u64 {
        let total = self.total.get_or_default() + n;
        self.total.set(&total);
        total
    }

    /// The total so far.
    #[view]
    pub fn total(&self) -> u64 {
        self.total.get_or_default()
    }
}
