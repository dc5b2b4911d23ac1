//! Stored values by key.

use alloc::borrow::Borrow;
use core::marker::PhantomData;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::contract::Slot;
use crate::host;
use crate::item::{decode, encode, joined};

/// Values of `V` by keys of `K`. It cannot be enumerated, which an
/// [`OrderedMap`](crate::OrderedMap) can; what has to be listed, and the list proven whole, is a
/// [`Log`](crate::Log).
///
/// A `Map<String, V>` takes `&str` as key, a `Map<Vec<u8>, V>` takes `&[u8]`.
pub struct Map<K, V> {
    name: &'static str,
    entry: PhantomData<fn(K, V) -> V>,
}

impl<K: BorshSerialize, V> Map<K, V> {
    /// The map whose keys begin with `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, entry: PhantomData }
    }

    /// Whether `key` has a value. Copies nothing.
    #[must_use]
    pub fn has<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
    {
        host::storage_has(&joined(self.name, key))
    }

    /// The value of `key`, if it has one.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
        V: BorshDeserialize,
    {
        host::storage_read(&joined(self.name, key)).map(|bytes| decode(&bytes))
    }

    /// Sets the value of `key`.
    pub fn set<Q>(&mut self, key: &Q, value: &V)
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
        V: BorshSerialize,
    {
        host::storage_write(&joined(self.name, key), &encode(value));
    }

    /// Removes the value of `key`; answers whether there was one.
    pub fn remove<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
    {
        host::storage_remove(&joined(self.name, key))
    }
}

impl<K: BorshSerialize, V> Slot for Map<K, V> {
    fn at(name: &'static str) -> Self {
        Self::new(name)
    }
}
