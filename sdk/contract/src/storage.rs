//! The contract's key-value storage as bytes, with no prefix added to the keys.
//!
//! Most contracts use [`Item`](crate::Item) and [`Map`](crate::Map). These functions are for
//! contracts that lay out their own keys. The host traps on a write in a view and on sizes over
//! [`abi::limits`](crate::abi::limits).

use alloc::vec::Vec;

use crate::host;

/// The value under `key`, if there is one.
#[must_use]
pub fn read(key: &[u8]) -> Option<Vec<u8>> {
    host::storage_read(key)
}

/// Whether there is a value under `key`. Copies nothing.
#[must_use]
pub fn has(key: &[u8]) -> bool {
    host::storage_has(key)
}

/// Sets the value under `key`.
pub fn write(key: &[u8], value: &[u8]) {
    host::storage_write(key, value);
}

/// Removes the value under `key`; answers whether there was one.
pub fn remove(key: &[u8]) -> bool {
    host::storage_remove(key)
}
