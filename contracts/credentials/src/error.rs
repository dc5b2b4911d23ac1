//! Why a method of the registry fails.

use countersign_contract::prelude::*;
use countersign_contract::{BadLength, ByContract};

/// Why a method fails.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum Error {
    /// It takes another role, or an account of the issuer's organisation.
    NotPermitted,
    /// The signature is not by that key over what has to be signed.
    Signature,
    /// A text is empty or too long.
    Length {
        /// Which one.
        field: String,
        /// Its bytes.
        bytes: u64,
        /// How many there may be; at least one.
        max: u64,
    },
    /// The key is registered already.
    Registered {
        /// By this organisation.
        organisation: String,
    },
    /// The key is not registered, or retired.
    NotAnIssuer,
    /// The credential ends before it begins.
    NoTime {
        /// Its first moment.
        from_ms: u64,
        /// The first moment after it.
        to_ms: u64,
    },
    /// The credential is stored already.
    Issued {
        /// Its id.
        id: Hash,
    },
    /// The holder has as many credentials of this kind by this issuer that are not over as are kept: revoke one.
    Full {
        /// How many.
        max: u64,
    },
    /// There is no credential of this id.
    NotFound,
    /// The credential is not valid now.
    NotValid {
        /// Its first moment.
        from_ms: u64,
        /// The first moment after it.
        to_ms: u64,
    },
    /// The credential is revoked.
    Revoked {
        /// When.
        at_ms: u64,
    },
    /// The credential was presented with this nonce before.
    Presented,
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
