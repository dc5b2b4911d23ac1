//! One encoding: borsh, strict. A value has one encoding, and no bytes may follow it.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Why bytes or text are not the value they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than the value may have.
    #[error("{bytes} bytes, at most {max} are allowed")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Most bytes allowed.
        max: usize,
    },
    /// Not a borsh encoding of the type, or bytes follow it.
    #[error("not a valid encoding of {what}")]
    Malformed {
        /// The Rust type expected.
        what: &'static str,
    },
    /// Not hexadecimal text of the right length.
    #[error("{what} must be 0x and {bytes} bytes in hexadecimal")]
    Hex {
        /// What was expected.
        what: &'static str,
        /// Its length in bytes.
        bytes: usize,
    },
}

/// The encoding of a value. Values here are far below the lengths at which borsh refuses.
pub fn encode<T: BorshSerialize + ?Sized>(value: &T) -> Vec<u8> {
    borsh::to_vec(value).expect("borsh into a Vec fails only for collections over 2^32 items")
}

/// Decodes at most `max` bytes, all of them.
///
/// # Errors
/// [`DecodeError::TooLong`] before anything is decoded, [`DecodeError::Malformed`] otherwise.
pub fn decode<T: BorshDeserialize>(bytes: &[u8], max: usize) -> Result<T, DecodeError> {
    if bytes.len() > max {
        return Err(DecodeError::TooLong { bytes: bytes.len(), max });
    }
    borsh::from_slice(bytes).map_err(|_| DecodeError::Malformed { what: core::any::type_name::<T>() })
}

/// The length of a value's encoding.
pub fn encoded_len<T: BorshSerialize + ?Sized>(value: &T) -> usize {
    borsh::object_length(value).expect("borsh into nothing fails only for collections over 2^32 items")
}
