//! A contract's life on the native host: other code over the old storage, and a time without calls.

use countersign_contract::abi::trap;
use countersign_contract::prelude::*;
use countersign_contract::testing::{Failure, Harness, Host};

/// A sum.
#[contract]
pub struct Sum {
    total: Item<u64>,
}

#[contract]
impl Sum {
    #[call]
    pub fn add(&mut self, n: u64) -> u64 {
        self.total.set(&(self.total.get_or_default() + n));
        self.total.get_or_default()
    }
}

/// Why other code is refused.
#[derive(Debug, PartialEq, ContractError)]
pub enum Refusal {
    /// The total is not below the most.
    TooMuch,
}

/// A sum that has a most.
#[contract(layout = 2)]
pub struct Bounded {
    total: Item<u64>,
    most: Item<u64>,
}

#[contract]
impl Bounded {
    #[migrate]
    pub fn migrate(&mut self, most: u64) -> Result<(), Refusal> {
        self.most.set(&most);
        if self.total.get_or_default() < most { Ok(()) } else { Err(Refusal::TooMuch) }
    }

    #[view]
    pub fn left(&self) -> u64 {
        self.most.get_or_default() - self.total.get_or_default()
    }
}

/// Asks a sum.
#[contract]
pub struct Asker {
    asked: Item<u64>,
}

#[contract]
impl Asker {
    #[call]
    pub fn ask(&mut self, ctx: &mut Context, sum: Address) -> u32 {
        self.asked.set(&ctx.time_ms());
        match ctx.call::<u64>(&sum, "add", &(1u64,), 1_000_000) {
            Err(countersign_contract::CallError::Trapped(number)) => number,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn other_code_runs_over_the_old_storage_or_not_at_all() {
    let mut host = Host::new::<Sum>();
    assert_eq!(host.invoke::<u64>("add", &(5u64,)), Ok(5));
    let storage = host.storage().clone();
    let refused = host.upgrade::<Bounded>(&(5u64,)).unwrap_err();
    assert_eq!(refused.error(), Some(Refusal::TooMuch));
    assert_eq!(host.storage(), &storage);
    assert_eq!(host.invoke::<u64>("add", &(1u64,)), Ok(6), "the old code goes on");

    let height = host.environment().height;
    assert_eq!(host.upgrade::<Bounded>(&(10u64,)), Ok(()));
    assert_eq!(host.environment().height, height + 1, "it is a transaction");
    assert_eq!(host.query::<u64>("left", &()), Ok(4));
    assert_eq!(host.invoke::<u64>("add", &(1u64,)), Err(Failure::Trapped(trap::METHOD_NOT_FOUND)));
    assert_eq!(host.invoke::<()>("migrate", &(10u64,)), Err(Failure::Trapped(trap::METHOD_NOT_FOUND)));
}

#[test]
fn a_frozen_contract_is_called_by_nobody() {
    let mut host = Host::new::<Asker>();
    let sum = host.deploy::<Sum>();
    let asker = host.contract();
    host.select(sum);
    host.freeze(true);
    assert_eq!(host.invoke::<u64>("add", &(1u64,)), Err(Failure::Trapped(trap::FROZEN)));
    host.select(asker);
    assert_eq!(host.invoke::<u32>("ask", &(sum,)), Ok(trap::FROZEN));
    host.select(sum);
    host.freeze(false);
    assert_eq!(host.invoke::<u64>("add", &(1u64,)), Ok(1));
}
