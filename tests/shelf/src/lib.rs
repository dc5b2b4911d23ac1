//! A contract of the tests: it keeps the same numbers in every collection that can be enumerated.
#![no_std]
use countersign_contract::prelude::*;

countersign_contract::no_std_runtime!();

/// Numbers, three times.
#[contract]
pub struct Shelf {
    members: Set<u64>,
    squares: OrderedMap<u64, u64>,
    by_rest: Index<u64, u64>,
}

#[contract]
impl Shelf {
    /// Adds numbers; answers how many were new.
    #[call]
    pub fn add(&mut self, numbers: Vec<u64>) -> u64 {
        let mut new = 0;
        for number in numbers {
            new += u64::from(self.members.insert(&number));
            self.squares.set(&number, &number.saturating_mul(number));
            self.by_rest.insert(&(number % 10), &number);
        }
        new
    }

    /// Removes numbers; answers how many were there.
    #[call]
    pub fn remove(&mut self, numbers: Vec<u64>) -> u64 {
        let mut gone = 0;
        for number in numbers {
            gone += u64::from(self.members.remove(&number));
            self.squares.remove(&number);
            self.by_rest.remove(&(number % 10), &number);
        }
        gone
    }

    /// Numbers and squares from one number up to another, in order.
    #[view]
    pub fn squares(&self, from: u64, to: u64, limit: u32) -> Vec<(u64, u64)> {
        self.squares.range(from..to, limit)
    }

    /// The numbers of a last digit, in order.
    #[view]
    pub fn of_digit(&self, digit: u64, limit: u32) -> Vec<u64> {
        self.by_rest.of(&digit, limit)
    }

    /// Whatever is there, in no order.
    #[view]
    pub fn members(&self, from: u64, limit: u32) -> Vec<u64> {
        self.members.page(from, limit)
    }

    /// How many there are in each collection.
    #[view]
    pub fn lengths(&self) -> (u64, u64, u64) {
        (self.members.len(), self.squares.len(), self.by_rest.len())
    }
}
