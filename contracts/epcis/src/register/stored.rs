//! Stored: how a register's values become bytes: a version byte, then borsh.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

/// A register's value.
pub trait Stored: BorshSerialize + BorshDeserialize {
    /// The version of its layout; another is not read.
    const VERSION: u8 = 1;
    /// What the value is called where it is found damaged.
    const NAME: &'static str;

    /// The bytes that are stored.
    ///
    /// # Panics
    ///
    /// Never: writing to memory cannot fail.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(Self::VERSION);
        self.serialize(&mut bytes).expect("writing to memory cannot fail");
        bytes
    }

    /// Reads what [`Stored::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are of another version or no such value.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        match bytes.split_first() {
            Some((&version, rest)) if version == Self::VERSION => {
                Self::try_from_slice(rest).map_err(|_| Damaged(Self::NAME))
            }
            _ => Err(Damaged(Self::NAME)),
        }
    }
}

/// A stored value that cannot be what capture wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the stored {0} cannot be read")]
pub struct Damaged(pub &'static str);
