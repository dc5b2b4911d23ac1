//! Why a method of the escrow fails.

use countersign_contract::prelude::*;
use countersign_contract::{BadLength, ByContract};

use crate::deal::Unmet;

/// Why a method fails.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum Error {
    /// It takes another role, or an account of another organisation.
    NotPermitted,
    /// A text is empty or too long.
    Length {
        /// Which one.
        field: String,
        /// Its bytes.
        bytes: u64,
        /// How many there may be; at least one.
        max: u64,
    },
    /// A text is no identifier.
    Identifier {
        /// Which one.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More organisations have to countersign than are taken.
    TooMany {
        /// How many there may be.
        max: u64,
    },
    /// The deadline, or the arbiter's time, has passed: the deal cannot be opened, countersigned or decided, nor the seller
    /// be paid.
    Late {
        /// The deadline, or the end of the arbiter's time.
        deadline_ms: u64,
    },
    /// The deadline, or the time of the arbiter of a deal in dispute, has not passed.
    Early {
        /// The deadline, or the end of the arbiter's time.
        deadline_ms: u64,
    },
    /// There is not as much credit.
    Credit {
        /// How much there is.
        has: u64,
        /// How much it takes.
        needs: u64,
    },
    /// There would be more credit in all than is counted.
    TooMuch,
    /// There is no deal of this number.
    NotFound {
        /// The number.
        id: u64,
    },
    /// The price is paid or refunded already.
    Closed,
    /// The deal is in dispute, which its arbiter decides.
    Disputed,
    /// The deal is not in dispute.
    NotDisputed,
    /// The terms name no arbiter.
    NoArbiter,
    /// Not all conditions hold.
    Conditions {
        /// Those that do not.
        unmet: Vec<Unmet>,
    },
    /// The arbiter would have less or more time than is taken.
    DisputeTime {
        /// How long.
        dispute_ms: u64,
        /// At least.
        min_ms: u64,
        /// At most.
        max_ms: u64,
    },
    /// Another contract calls, and what this method does takes a signature of its own: sign a transaction that calls this
    /// contract.
    ByContract {
        /// The contract that calls.
        contract: Address,
    },
}

impl From<BadLength<'_>> for Error {
    fn from(BadLength { field, bytes, max }: BadLength<'_>) -> Self {
        Self::Length { field: field.to_string(), bytes, max }
    }
}

impl From<ByContract> for Error {
    fn from(ByContract { contract }: ByContract) -> Self {
        Self::ByContract { contract }
    }
}
