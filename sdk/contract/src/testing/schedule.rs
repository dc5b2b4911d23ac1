//! Calls that wait for their time, for every harness alike.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use countersign_abi::frozen_until;
use sha2::{Digest, Sha256};

use super::{Environment, Failure};
use crate::{Address, Hash};

/// What ids of scheduled calls are hashed with, behind its length: the chain's tag.
const TAG: &[u8] = b"cs/scheduled";

/// A call that a contract scheduled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The least time of the block that runs it.
    pub at_ms: u64,
    /// The contract, which is its own caller then.
    pub contract: Address,
    /// The method.
    pub method: String,
    /// Argument bytes.
    pub input: Vec<u8>,
    /// The gas that it may use.
    pub gas: u64,
    /// The account in whose name it runs, and its roles.
    pub account: String,
    /// See `account`.
    pub roles: u8,
    /// Attributes of the account. The chain reads them when the call runs.
    pub attributes: BTreeMap<String, String>,
    /// The transaction that scheduled it.
    pub transaction: Hash,
}

/// A scheduled call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The call.
    pub call: Waiting,
    /// Its output, or why it did not return. On the chain its receipt says it.
    pub result: Result<Vec<u8>, Failure>,
}

/// The calls that wait, and those that were made.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// By time and number, with the id.
    waiting: BTreeMap<(u64, u64), (Hash, Waiting)>,
    next: u64,
    made: Vec<Made>,
}

impl Waiting {
    /// A call that the running transaction schedules, at a time and with gas.
    #[must_use]
    pub fn new(by: &Environment, contract: Address, method: &str, input: &[u8], (at_ms, gas): (u64, u64)) -> Self {
        let (account, roles, transaction) = (by.account.clone(), by.roles, by.transaction);
        let (method, input, attributes) = (method.into(), input.into(), by.attributes.clone());
        Self { at_ms, contract, method, input, gas, account, roles, attributes, transaction }
    }

    /// The id of the one at a position among those that its transaction scheduled, as the chain gives it.
    #[must_use]
    pub fn id(&self, position: u32) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update([u8::try_from(TAG.len()).unwrap_or(u8::MAX)]);
        hasher.update(TAG);
        hasher.update(self.transaction);
        hasher.update(position.to_le_bytes());
        hasher.finalize().into()
    }

    /// What it sees when it runs in the block that `now` is of.
    #[must_use]
    pub fn environment(&self, id: Hash, now: &Environment) -> Environment {
        let (account, roles, attributes) = (self.account.clone(), self.roles, self.attributes.clone());
        Environment { account, roles, attributes, signer: [0; 32], transaction: id, ..now.clone() }
    }
}

impl Schedule {
    /// Adds the calls that one transaction scheduled, in their order.
    pub fn add(&mut self, calls: impl IntoIterator<Item = Waiting>) {
        for (position, call) in (0u32..).zip(calls) {
            self.waiting.insert((call.at_ms, self.next), (call.id(position), call));
            self.next = self.next.saturating_add(1);
        }
    }

    /// Takes out the calls that are due, in their order, with their ids. Those of frozen contracts are moved to a later
    /// place instead, as long as they wait.
    pub fn take_due(&mut self, now_ms: u64, is_frozen: impl Fn(&Address) -> bool) -> Vec<(Hash, Waiting)> {
        let later = self.waiting.split_off(&(now_ms.saturating_add(1), 0));
        let due = core::mem::replace(&mut self.waiting, later);
        let mut taken = Vec::new();
        for ((_, number), (id, call)) in due {
            match frozen_until(call.at_ms, now_ms).filter(|_| is_frozen(&call.contract)) {
                Some(again_ms) => drop(self.waiting.insert((again_ms, number), (id, call))),
                None => taken.push((id, call)),
            }
        }
        taken
    }

    /// Notes what came of a call.
    pub fn made(&mut self, call: Waiting, result: Result<Vec<u8>, Failure>) {
        self.made.push(Made { call, result });
    }

    /// All calls that were made, the oldest first.
    #[must_use]
    pub fn all_made(&self) -> &[Made] {
        &self.made
    }
}
