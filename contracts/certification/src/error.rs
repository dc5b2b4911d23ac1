//! Why a method of the registry fails.

use countersign_contract::prelude::*;
use countersign_contract::{BadLength, ByContract};

/// Why a method fails.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum Error {
    /// It takes an admin of the registrar, or, for a revocation, somebody of the organisation that granted.
    NotPermitted,
    /// It takes a submitter of an organisation that is accredited for the scheme.
    NotAccredited {
        /// The caller's organisation.
        organisation: String,
        /// The scheme.
        scheme: String,
    },
    /// The subject is no identifier.
    Subject {
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
    /// The certificate ends before it begins.
    NoTime {
        /// Its first moment.
        from_ms: u64,
        /// The first moment after it.
        to_ms: u64,
    },
    /// The subject has as many certificates under this scheme that are not over as one inspector, or all together, may
    /// grant: revoke one.
    Full {
        /// How many.
        max: u64,
    },
    /// There is no certificate of this number.
    NotFound {
        /// The number.
        id: u64,
    },
    /// The certificate is revoked already.
    Revoked {
        /// When.
        at_ms: u64,
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
