//! The smallest contract: a sum that anybody may add to.
use countersign_contract::prelude::*;

/// A sum that anybody may add to.
#[contract]
pub struct Counter {
    total: Item<u64>,
}

#[contract]
impl Counter {
    /// Adds `n` and answers the new total.
    #[call]
    pub fn add(&mut self, n: u64) -> Result<u64, Error> {
        let total = self.total().checked_add(n).ok_or(Error::Overflow)?;
        self.total.set(&total);
        Ok(total)
    }

    /// The total so far.
    #[view]
    pub fn total(&self) -> u64 {
        self.total.get_or_default()
    }
}

/// Why an addition was refused.
#[derive(Debug, PartialEq, ContractError)]
pub enum Error {
    /// The total would not fit 64 bits.
    Overflow,
}
