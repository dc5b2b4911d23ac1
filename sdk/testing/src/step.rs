//! Calls as values, of which property tests make sequences.

use borsh::BorshSerialize;
use countersign_contract::testing::{Account, Failure, Harness};

/// A call, who makes it, and how long after the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    method: &'static str,
    input: Vec<u8>,
    account: Option<Account>,
    wait_ms: u64,
}

impl Step {
    /// A call with a tuple of arguments, by whoever made the one before.
    ///
    /// # Panics
    /// If the arguments cannot be encoded, which those of contracts can.
    #[must_use]
    pub fn call(method: &'static str, arguments: &impl BorshSerialize) -> Self {
        let input = borsh::to_vec(arguments).expect("arguments are written to memory");
        Self { method, input, account: None, wait_ms: 0 }
    }

    /// The same by an account.
    #[must_use]
    pub fn by(self, account: &Account) -> Self {
        Self { account: Some(account.clone()), ..self }
    }

    /// The same after so long.
    #[must_use]
    pub fn after_ms(self, wait_ms: u64) -> Self {
        Self { wait_ms, ..self }
    }
}

/// Makes the calls one after the other; answers what each came to.
pub fn run(host: &mut impl Harness, steps: &[Step]) -> Vec<Result<Vec<u8>, Failure>> {
    let one = |step: &Step| {
        if let Some(account) = &step.account {
            host.as_account(account);
        }
        if step.wait_ms > 0 {
            host.travel(step.wait_ms);
        }
        host.call(step.method, &step.input)
    };
    steps.iter().map(one).collect()
}
