//! Contracts: their names, addresses and records.

use crate::account::{AccountId, is_name};
use crate::hash::{Hash, Tag};
use crate::hex::hex_bytes;
use crate::number::Height;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A contract's address: the hash of its full name `organisation/name`. Only a deployer of the
/// organisation can deploy under it, so an address cannot be squatted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct Address(pub [u8; 32]);
hex_bytes!(Address, 32, "a contract address");

impl Address {
    /// The address of `organisation/name`.
    #[must_use]
    pub fn of(full_name: &str) -> Self {
        Self(Hash::of(Tag::CONTRACT, full_name.as_bytes()).0)
    }
}

/// Whether text is `organisation/name`, both as in [`is_name`].
#[must_use]
pub fn is_full_name(text: &str) -> bool {
    text.split_once('/').is_some_and(|(organisation, name)| is_name(organisation) && is_name(name))
}

/// What the chain knows of a contract.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ContractRecord {
    /// `organisation/name`.
    pub name: String,
    /// SHA-256 of its code.
    pub code: Hash,
    /// Who deployed it.
    pub deployer: AccountId,
    /// In which block.
    pub deployed_at: Height,
    /// How often its code was replaced; the number of the [`Revision`] that runs.
    pub revision: u32,
    /// Who stopped it, if somebody did.
    pub frozen: Frozen,
}

impl ContractRecord {
    /// Number of the revision that comes next to a contract of this record, or of none.
    #[must_use]
    pub fn next_revision(record: Option<&Self>) -> u32 {
        record.map_or(0, |record| record.revision.saturating_add(1))
    }

    /// The organisation that owns it.
    #[must_use]
    pub fn organisation(&self) -> &str {
        self.name.split_once('/').map_or("", |(organisation, _)| organisation)
    }
}

/// Who stopped a contract. While anybody has, calls of it are refused; views and upgrades are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Frozen {
    /// An admin of the organisation that owns it.
    pub by_owner: bool,
    /// A decision of the network.
    pub by_network: bool,
}

impl Frozen {
    /// Whether it is stopped.
    #[must_use]
    pub fn is_frozen(self) -> bool {
        self.by_owner || self.by_network
    }
}

/// Code that a contract ran or runs.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Revision {
    /// SHA-256 of the code.
    pub code: Hash,
    /// Who put it there.
    pub by: AccountId,
    /// In which block.
    pub at: Height,
    /// By which transaction.
    pub transaction: Hash,
}

/// What the chain knows of code beside its bytes: enough to refuse a call before the code is loaded.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CodeRecord {
    /// Its methods' names, in ascending order.
    pub methods: Vec<String>,
    /// Length of the module.
    pub code_bytes: u64,
    /// Bytes of its data segments.
    pub data_bytes: u64,
    /// Elements its table starts with, and those of its element segments.
    pub elements: u64,
    /// Pages of 64 KiB its memory starts with.
    pub memory_pages: u32,
    /// How its state is laid out, if it says so.
    pub layout: Option<Layout>,
}

impl CodeRecord {
    /// Whether it has a method of that name.
    #[must_use]
    pub fn has_method(&self, name: &str) -> bool {
        self.methods.binary_search_by(|method| method.as_str().cmp(name)).is_ok()
    }
}

/// How code lays out its contract's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Layout {
    /// Version of the layout.
    pub version: u32,
    /// SHA-256 of the fields and their kinds.
    pub fields: Hash,
}

impl Layout {
    /// Whether code of the layout `next` may take the place of code of this one: fields change under a higher version only.
    #[must_use]
    pub fn admits(&self, next: &Self) -> bool {
        next.version > self.version || *next == *self
    }
}
