//! One stored value, and the key and value encoding of all typed storage.
//!
//! A value is its borsh encoding. The key of an item is its name; the key of an entry of a
//! [`Map`](crate::Map) or of [`Logs`](crate::Logs) is `name`, `/`, and the borsh encoding of the
//! entry's key. Names are Rust identifiers, so no two fields of a contract share a key.

use alloc::vec::Vec;
use core::marker::PhantomData;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::contract::Slot;
use crate::host;

/// One value of `T`, under the name of the contract's field.
pub struct Item<T> {
    key: &'static str,
    value: PhantomData<fn(T) -> T>,
}

impl<T> Item<T> {
    /// The item under `key`.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self { key, value: PhantomData }
    }

    /// Whether a value is set. Copies nothing.
    #[must_use]
    pub fn is_set(&self) -> bool {
        host::storage_has(self.key.as_bytes())
    }

    /// Removes the value; answers whether there was one.
    pub fn remove(&mut self) -> bool {
        host::storage_remove(self.key.as_bytes())
    }
}

impl<T: BorshDeserialize> Item<T> {
    /// The value, if one is set.
    #[must_use]
    pub fn get(&self) -> Option<T> {
        host::storage_read(self.key.as_bytes()).map(|bytes| decode(&bytes))
    }

    /// The value, or the type's default if none is set.
    #[must_use]
    pub fn get_or_default(&self) -> T
    where
        T: Default,
    {
        self.get().unwrap_or_default()
    }
}

impl<T: BorshSerialize> Item<T> {
    /// Sets the value.
    pub fn set(&mut self, value: &T) {
        host::storage_write(self.key.as_bytes(), &encode(value));
    }
}

impl<T> Slot for Item<T> {
    fn at(name: &'static str) -> Self {
        Self::new(name)
    }
}

/// The bytes of a stored value.
pub(crate) fn encode<T: BorshSerialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize(&mut bytes).expect("a vector takes all that is written");
    bytes
}

/// The value of stored bytes. Bytes that the contract's own type cannot have written are the
/// contract's mistake (a changed type without a `migrate`), and end the call as a trap.
pub(crate) fn decode<T: BorshDeserialize>(bytes: &[u8]) -> T {
    T::try_from_slice(bytes).expect("the stored value is of another type")
}

/// The storage key of the entry `key` of the map or logs `name`.
pub(crate) fn joined<K: BorshSerialize + ?Sized>(name: &str, key: &K) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len() + 40);
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'/');
    key.serialize(&mut bytes).expect("a vector takes all that is written");
    bytes
}
