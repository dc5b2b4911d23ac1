//! Why a method of the escrow fails.

use countersign_contract::prelude::*;

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
    /// The deadline has passed: the deal cannot be opened or countersigned, nor the seller be paid.
    Late {
        /// The deadline.
        deadline_ms: u64,
    },
    /// The deadline has not passed.
    Early {
        /// The deadline.
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
}
