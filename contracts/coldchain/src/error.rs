//! Why a method of the keeper fails.

use countersign_contract::prelude::*;
use countersign_contract::{BadLength, ByContract};

/// Why a method fails.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum Error {
    /// It takes an admin of the registrar, or somebody of the organisation that is responsible for the class.
    NotPermitted,
    /// A text is no identifier.
    Identifier {
        /// What is wrong with it.
        reason: String,
    },
    /// A text is empty or too long.
    Length {
        /// Which one.
        field: String,
        /// Its bytes.
        bytes: u64,
        /// How many there may be; at least one.
        max: u64,
    },
    /// Nobody is responsible for the class yet: the registrar entrusts it.
    NotEntrusted {
        /// The class.
        class: String,
    },
    /// The lowest temperature is above the highest.
    NoRange {
        /// The lowest.
        least: i64,
        /// The highest.
        most: i64,
    },
    /// The thing is judged by the limits of another class, which its identifier names or which it is assigned to, and for
    /// which another organisation is responsible.
    Assigned {
        /// The class.
        class: String,
    },
    /// The thing is not held.
    NotHeld,
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
