//! Calls to other contracts.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use countersign_abi::call_status;

use crate::error::ContractError;
use crate::item::encode;
use crate::{Address, Context, host};

/// Why a call to another contract did not return. What the callee wrote is undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The callee returned an error: its code and the error's bytes.
    Failed {
        /// The callee's own code.
        code: u32,
        /// The borsh encoding of the callee's error.
        data: Vec<u8>,
    },
    /// The callee trapped, with a number of [`abi::trap`](crate::abi::trap).
    Trapped(u32),
    /// The callee returned bytes that are not of the expected type.
    Undecodable,
}

/// Why a call by a typed client did not return. What the callee wrote is undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused<E> {
    /// The callee returned this error.
    Error(E),
    /// The callee failed with a code and bytes that are no `E`, such as
    /// [`BAD_ARGUMENTS`](crate::BAD_ARGUMENTS): it does not implement the interface.
    Unknown {
        /// The code.
        code: u32,
        /// The bytes that came with it.
        data: Vec<u8>,
    },
    /// The callee trapped, with a number of [`abi::trap`](crate::abi::trap).
    Trapped(u32),
    /// The callee returned bytes that are not of the interface's type.
    Undecodable,
}

impl<E: ContractError + BorshDeserialize> From<CallError> for Refused<E> {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failed { code, data } => match E::try_from_slice(&data) {
                Ok(error) if error.code() == code => Self::Error(error),
                _ => Self::Unknown { code, data },
            },
            CallError::Trapped(number) => Self::Trapped(number),
            CallError::Undecodable => Self::Undecodable,
        }
    }
}

impl Context {
    /// Calls a method of another contract with at most `gas`. `arguments` is a tuple of them:
    /// `(1u64, "x")`, `(1u64,)`, or `()` for none.
    ///
    /// # Errors
    ///
    /// If the callee fails or traps, or returns something else than an `R`.
    pub fn call<R: BorshDeserialize>(
        &mut self,
        contract: &Address,
        method: &str,
        arguments: &impl BorshSerialize,
        gas: u64,
    ) -> Result<R, CallError> {
        typed(&run(contract, method, &encode(arguments), gas)?)
    }

    /// Calls a method of another contract with argument bytes; answers its output bytes.
    ///
    /// # Errors
    ///
    /// If the callee fails or traps.
    pub fn call_raw(&mut self, contract: &Address, method: &str, input: &[u8], gas: u64) -> Result<Vec<u8>, CallError> {
        run(contract, method, input, gas)
    }

    /// Asks a view of another contract. The same as [`Context::call`], but possible from a view, in
    /// which the host holds the callee to writing nothing.
    ///
    /// # Errors
    ///
    /// If the callee fails or traps, or returns something else than an `R`.
    pub fn view<R: BorshDeserialize>(
        &self,
        contract: &Address,
        method: &str,
        arguments: &impl BorshSerialize,
        gas: u64,
    ) -> Result<R, CallError> {
        typed(&run(contract, method, &encode(arguments), gas)?)
    }
}

fn run(contract: &Address, method: &str, input: &[u8], gas: u64) -> Result<Vec<u8>, CallError> {
    let returned = host::call(contract, method, input, gas);
    match returned.status {
        call_status::OK => Ok(returned.bytes),
        call_status::FAILED => Err(CallError::Failed { code: returned.code, data: returned.bytes }),
        _ => Err(CallError::Trapped(returned.code)),
    }
}

fn typed<R: BorshDeserialize>(bytes: &[u8]) -> Result<R, CallError> {
    R::try_from_slice(bytes).map_err(|_| CallError::Undecodable)
}
