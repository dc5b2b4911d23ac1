//! Append-only lists whose completeness can be proven.
//!
//! The host keeps, beside each entry, when and by whom it was appended. Entries are read in views
//! only: in a call a read traps, so what a call needs to know belongs into an
//! [`Item`](crate::Item) or a [`Map`](crate::Map).
//!
//! The functions of this module take the log's whole key; [`Log`] and [`Logs`] form it from the
//! name of the contract's field.

use alloc::borrow::{Borrow, Cow};
use alloc::vec::Vec;
use core::marker::PhantomData;

use borsh::{BorshDeserialize, BorshSerialize};
use countersign_abi::log_record;

use crate::contract::Slot;
use crate::host;
use crate::item::{decode, encode, joined};

/// One entry of a log with what the host recorded about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Height of the block that appended it.
    pub height: u64,
    /// Time of that block, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// Id of the transaction that appended it.
    pub transaction: [u8; 32],
    /// Key that signed that transaction.
    pub signer: [u8; 32],
    /// The entry.
    pub entry: Vec<u8>,
}

impl Record {
    /// Takes apart the bytes that the host answers, laid out as
    /// [`abi::log_record`](crate::abi::log_record). None if they are shorter than the header.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, entry) = bytes.split_first_chunk::<{ log_record::HEADER_BYTES }>()?;
        let (height, rest) = header.split_first_chunk()?;
        let (time_ms, rest) = rest.split_first_chunk()?;
        let (transaction, rest) = rest.split_first_chunk()?;
        let (signer, _) = rest.split_first_chunk()?;
        Some(Self {
            height: u64::from_le_bytes(*height),
            time_ms: u64::from_le_bytes(*time_ms),
            transaction: *transaction,
            signer: *signer,
            entry: entry.into(),
        })
    }
}

/// Appends an entry to the log under `key`; answers its index.
pub fn append(key: &[u8], entry: &[u8]) -> u64 {
    host::log_append(key, entry)
}

/// Number of entries of the log under `key`, 0 if there is no such log.
#[must_use]
pub fn len(key: &[u8]) -> u64 {
    host::log_len(key)
}

/// The record at `index` of the log under `key`. In views only.
///
/// # Panics
///
/// If the host's answer is shorter than a record's header, which breaks the interface.
#[must_use]
pub fn read(key: &[u8], index: u64) -> Option<Record> {
    let bytes = host::log_read(key, index)?;
    Some(Record::parse(&bytes).expect("the host answers whole records"))
}

/// An append-only list of `T`, under the name of the contract's field.
pub struct Log<T> {
    key: Cow<'static, [u8]>,
    entry: PhantomData<fn(T) -> T>,
}

impl<T> Log<T> {
    /// The log under `key`.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self { key: Cow::Borrowed(key.as_bytes()), entry: PhantomData }
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> u64 {
        len(&self.key)
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record at `index`, its entry still encoded. In views only.
    #[must_use]
    pub fn record(&self, index: u64) -> Option<Record> {
        read(&self.key, index)
    }
}

impl<T: BorshSerialize> Log<T> {
    /// Appends an entry; answers its index.
    pub fn append(&mut self, entry: &T) -> u64 {
        append(&self.key, &encode(entry))
    }
}

impl<T: BorshDeserialize> Log<T> {
    /// The entry at `index`. In views only.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<T> {
        self.record(index).map(|record| decode(&record.entry))
    }

    /// Up to `limit` entries from index `from` on. In views only.
    #[must_use]
    pub fn page(&self, from: u64, limit: u32) -> Vec<T> {
        let end = self.len().min(from.saturating_add(limit.into()));
        (from..end).filter_map(|index| self.get(index)).collect()
    }
}

impl<T> Slot for Log<T> {
    fn at(name: &'static str) -> Self {
        Self::new(name)
    }
}

/// One [`Log`] of `T` for each `K`.
pub struct Logs<K, T> {
    name: &'static str,
    entry: PhantomData<fn(K, T) -> T>,
}

impl<K: BorshSerialize, T> Logs<K, T> {
    /// The logs whose keys begin with `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, entry: PhantomData }
    }

    /// The log of `key`, to read.
    #[must_use]
    pub fn of<Q>(&self, key: &Q) -> Log<T>
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
    {
        Log { key: Cow::Owned(joined(self.name, key)), entry: PhantomData }
    }

    /// Appends an entry to the log of `key`; answers its index.
    pub fn append<Q>(&mut self, key: &Q, entry: &T) -> u64
    where
        K: Borrow<Q>,
        Q: BorshSerialize + ?Sized,
        T: BorshSerialize,
    {
        append(&joined(self.name, key), &encode(entry))
    }
}

impl<K: BorshSerialize, T> Slot for Logs<K, T> {
    fn at(name: &'static str) -> Self {
        Self::new(name)
    }
}
