//! Why a call did not return.

use alloc::vec::Vec;
use core::fmt;

use borsh::BorshDeserialize;

use crate::ContractError;

/// Why a call did not return. Nothing of it remains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The contract returned an error.
    Failed {
        /// The contract's own code, or [`BAD_ARGUMENTS`](crate::BAD_ARGUMENTS).
        code: u32,
        /// The borsh encoding of the error.
        data: Vec<u8>,
    },
    /// The contract trapped, with a number of [`abi::trap`](crate::abi::trap).
    Trapped(u32),
}

impl Failure {
    /// The contract's error, if it is an `E`.
    #[must_use]
    pub fn error<E: ContractError + BorshDeserialize>(&self) -> Option<E> {
        let Self::Failed { code, data } = self else {
            return None;
        };
        E::try_from_slice(data).ok().filter(|error| error.code() == *code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { code, data } => {
                write!(f, "the contract failed with code {code} and {} bytes", data.len())
            }
            Self::Trapped(number) => write!(f, "the contract trapped, number {number}"),
        }
    }
}

impl core::error::Error for Failure {}
