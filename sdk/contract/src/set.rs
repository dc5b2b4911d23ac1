//! Stored members, each once.

use alloc::borrow::Borrow;
use alloc::vec::Vec;
use core::marker::PhantomData;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::contract::Slot;
use crate::host;
use crate::item::{decode, encode, joined};

/// Members of `K`, each once, with cheap membership and an enumeration in no particular order: a
/// removed member's place is taken by the last one. What needs an order is an
/// [`OrderedMap`](crate::OrderedMap).
///
/// Under the name is the number of members; under the name, `/` and a member is its position; under
/// the name, `#` and a position as eight little-endian bytes is the member there. An empty set
/// stores nothing.
pub struct Set<K> {
    name: &'static str,
    members: PhantomData<fn(K) -> K>,
}

impl<K> Set<K> {
    /// The set whose keys begin with `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, members: PhantomData }
    }

    /// Number of members.
    #[must_use]
    pub fn len(&self) -> u64 {
        host::storage_read(self.name.as_bytes()).map_or(0, |bytes| decode(&bytes))
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !host::storage_has(self.name.as_bytes())
    }

    /// Whether `key` is a member. Copies nothing.
    #[must_use]
    pub fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
    {
        host::storage_has(&joined(self.name, key))
    }

    /// Makes `key` a member; answers whether it is a new one.
    pub fn insert<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
    {
        let place = joined(self.name, key);
        if host::storage_has(&place) {
            return false;
        }
        let len = self.len();
        host::storage_write(&place, &encode(&len));
        host::storage_write(&self.at_position(len), &encode(key));
        self.set_len(len + 1);
        true
    }

    /// Removes `key`; answers whether it was a member.
    ///
    /// # Panics
    ///
    /// If the set's keys in storage were changed by other means.
    pub fn remove<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
    {
        let place = joined(self.name, key);
        let Some(position) = host::storage_read(&place).map(|bytes| decode::<u64>(&bytes)) else {
            return false;
        };
        let last = self.len().checked_sub(1).expect("a set with a member is not empty");
        let last_place = self.at_position(last);
        if position != last {
            let member = host::storage_read(&last_place).expect("each position has a member");
            host::storage_write(&[self.name.as_bytes(), b"/", &member].concat(), &encode(&position));
            host::storage_write(&self.at_position(position), &member);
        }
        host::storage_remove(&last_place);
        host::storage_remove(&place);
        self.set_len(last);
        true
    }

    fn at_position(&self, position: u64) -> Vec<u8> {
        [self.name.as_bytes(), b"#", &position.to_le_bytes()].concat()
    }

    fn set_len(&self, len: u64) {
        if len == 0 {
            host::storage_remove(self.name.as_bytes());
        } else {
            host::storage_write(self.name.as_bytes(), &encode(&len));
        }
    }
}

impl<K: BorshDeserialize> Set<K> {
    /// Up to `limit` members from position `from` on. Positions change when members are removed, so
    /// pages belong together only if nothing was removed between them.
    #[must_use]
    pub fn page(&self, from: u64, limit: u32) -> Vec<K> {
        let end = self.len().min(from.saturating_add(limit.into()));
        (from..end)
            .filter_map(|position| host::storage_read(&self.at_position(position)).map(|bytes| decode(&bytes)))
            .collect()
    }
}

impl<K> Slot for Set<K> {
    fn at(name: &'static str) -> Self {
        Self::new(name)
    }
}
