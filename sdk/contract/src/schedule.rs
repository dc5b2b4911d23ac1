//! Calls that the chain makes later.

use borsh::BorshSerialize;
use countersign_abi::limits;

use crate::item::encode;
use crate::{Context, host};

/// Why a call cannot be scheduled. Nothing was charged for it but the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleError {
    /// The time is not later than the block's.
    NotLater {
        /// Time of the block, milliseconds since 1970 UTC.
        now_ms: u64,
    },
    /// The time is further ahead than a call may be scheduled.
    TooFar {
        /// The last time that could be asked for, milliseconds since 1970 UTC.
        last_ms: u64,
    },
    /// It asks for less gas than a place in a block costs.
    TooLittleGas {
        /// The least.
        min: u64,
    },
    /// It asks for more gas than a scheduled call can have.
    TooMuchGas {
        /// The most.
        max: u64,
    },
    /// The arguments are longer than those of a scheduled call may be.
    TooLong {
        /// The most bytes.
        max: usize,
    },
    /// Another contract called this one. Only a contract that a transaction names schedules calls in its signer's name.
    CalledByContract,
}

impl Context {
    /// Has the chain call a method of this contract in the first block of time `at_ms` (milliseconds since 1970 UTC) or
    /// later that has room; answers the call's position among those that this transaction scheduled. `arguments` is a
    /// tuple of them: `(1u64, "x")`, `(1u64,)`, or `()` for none.
    ///
    /// The gas is charged now, on top of the scheduling itself, and what the call does not use is not given back. The
    /// call runs in the name of the account that signed this transaction, as long as that account still runs contracts,
    /// and with those of its present roles that it has then too. Nobody signs it, and this contract is its caller:
    /// a method that is meant for such calls alone asks [`Context::is_scheduled`]. It is made once: if it fails, only
    /// its receipt says so.
    ///
    /// Traps if there is no such method, if `gas` would not even make the instance, and after
    /// [`SCHEDULED_CALLS_MAX`](limits::SCHEDULED_CALLS_MAX) calls in one transaction.
    ///
    /// # Errors
    ///
    /// If time, gas or arguments are out of range.
    pub fn schedule(
        &mut self,
        at_ms: u64,
        method: &str,
        arguments: &impl BorshSerialize,
        gas: u64,
    ) -> Result<u32, ScheduleError> {
        let now_ms = self.time_ms();
        let last_ms = now_ms.saturating_add(limits::SCHEDULE_AHEAD_MS_MAX);
        let input = encode(arguments);
        if self.is_called_by_another() {
            return Err(ScheduleError::CalledByContract);
        }
        if at_ms <= now_ms {
            return Err(ScheduleError::NotLater { now_ms });
        }
        if at_ms > last_ms {
            return Err(ScheduleError::TooFar { last_ms });
        }
        if gas < limits::SCHEDULED_GAS_MIN {
            return Err(ScheduleError::TooLittleGas { min: limits::SCHEDULED_GAS_MIN });
        }
        if gas > limits::SCHEDULED_GAS_MAX {
            return Err(ScheduleError::TooMuchGas { max: limits::SCHEDULED_GAS_MAX });
        }
        if input.len() > limits::SCHEDULED_INPUT_BYTES_MAX {
            return Err(ScheduleError::TooLong { max: limits::SCHEDULED_INPUT_BYTES_MAX });
        }
        Ok(host::schedule(method, &input, at_ms, gas))
    }

    /// Whether another contract called this one. Then no roles are seen: who signed the transaction trusts the contract that it names,
    /// not all that this one calls. The account is still told; a method that acts for it asks this first.
    #[must_use]
    pub fn is_called_by_another(&self) -> bool {
        self.caller_contract().is_some_and(|caller| caller != self.contract())
    }

    /// Whether the chain makes this call since this contract scheduled it.
    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.caller_contract() == Some(self.contract())
    }
}
