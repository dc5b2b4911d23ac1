//! Where everything stands in the state: the keys of the tree before hashing.
//!
//! `0 | kind | …` is the chain's own (native) state, `1 | contract 32 | 0 | key` a contract's
//! storage, `1 | contract 32 | 1 | key` the [`crate::range::Range`] of a contract's log.

use crate::contract::Address;
use crate::hash::Hash;
use crate::key::PublicKey;
use crate::number::{Epoch, Height, TimestampMs};
use alloc::vec::Vec;

const NATIVE: u8 = 0;
const CONTRACT: u8 = 1;
const STORAGE: u8 = 0;
const LOG: u8 = 1;

fn native(kind: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 + rest.len());
    key.extend_from_slice(&[NATIVE, kind]);
    key.extend_from_slice(rest);
    key
}

fn of_contract(contract: &Address, space: u8, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(34 + key.len());
    bytes.push(CONTRACT);
    bytes.extend_from_slice(&contract.0);
    bytes.push(space);
    bytes.extend_from_slice(key);
    bytes
}

/// [`crate::Parameters`].
#[must_use]
pub fn parameters() -> Vec<u8> {
    native(b'p', &[])
}
/// [`crate::ValidatorSet`] of the next height.
#[must_use]
pub fn validators() -> Vec<u8> {
    native(b'v', &[])
}
/// [`crate::EpochState`] of the next height.
#[must_use]
pub fn epoch() -> Vec<u8> {
    native(b'e', &[])
}
/// [`crate::Equivocation`] of a validator of an epoch, by its index.
#[must_use]
pub fn equivocation(epoch: Epoch, validator: u16) -> Vec<u8> {
    let mut rest = Vec::with_capacity(10);
    rest.extend_from_slice(&epoch.0.to_be_bytes());
    rest.extend_from_slice(&validator.to_be_bytes());
    native(b'q', &rest)
}
/// List of [`crate::Override`]s of transactions of the block at a height.
#[must_use]
pub fn overridden(height: Height) -> Vec<u8> {
    native(b'x', &height.0.to_be_bytes())
}
/// [`crate::PolicyState`].
#[must_use]
pub fn policy() -> Vec<u8> {
    native(b'g', &[])
}
/// [`crate::RulesState`].
#[must_use]
pub fn rules() -> Vec<u8> {
    native(b'y', &[])
}
/// Number (u64) that the next proposal gets; 0 if there is none.
#[must_use]
pub fn proposal_next() -> Vec<u8> {
    native(b'i', &[])
}
/// [`crate::Proposal`] by its number.
#[must_use]
pub fn proposal(number: u64) -> Vec<u8> {
    native(b'b', &number.to_be_bytes())
}
/// Number (u64) of the newest proposal of a measure that was not decided, by the measure's hash.
#[must_use]
pub fn proposal_of(measure: &Hash) -> Vec<u8> {
    native(b'j', &measure.0)
}
/// [`crate::Consent`] of an organisation's admins to what has this hash.
#[must_use]
pub fn consent(organisation: &str, what: &Hash) -> Vec<u8> {
    native(b'z', &[organisation.as_bytes(), &[0], &what.0].concat())
}
/// Ids of all organisations that are or were members, in order.
#[must_use]
pub fn organisations() -> Vec<u8> {
    native(b'n', &[])
}
/// Set of the organisations (borsh of their ids in order) that approved code to be this revision of the contract of a full name.
#[must_use]
pub fn approvals(contract: &str, revision: u32, code: &Hash) -> Vec<u8> {
    [approvals_of(contract, revision).as_slice(), &code.0].concat()
}
/// Prefix of all [`approvals`] of code to be this revision of the contract of a full name.
#[must_use]
pub fn approvals_of(contract: &str, revision: u32) -> Vec<u8> {
    native(b'r', &[contract.as_bytes(), &[0], &revision.to_be_bytes()].concat())
}
/// [`crate::Revision`] of a contract by its number.
#[must_use]
pub fn revision(contract: &Address, number: u32) -> Vec<u8> {
    native(b'u', &[contract.0.as_slice(), &number.to_be_bytes()].concat())
}
/// [`crate::Organisation`] by id.
#[must_use]
pub fn organisation(id: &str) -> Vec<u8> {
    native(b'o', id.as_bytes())
}
/// [`crate::Account`] by `organisation/name`.
#[must_use]
pub fn account(id: &str) -> Vec<u8> {
    native(b'a', id.as_bytes())
}
/// Ids of an organisation's accounts with the admin role, in order.
#[must_use]
pub fn admins(organisation: &str) -> Vec<u8> {
    native(b'd', organisation.as_bytes())
}
/// Id of the account (UTF-8) that a key belongs to.
#[must_use]
pub fn account_of_key(key: &PublicKey) -> Vec<u8> {
    native(b'k', &key.0)
}
/// [`crate::ContractRecord`] by address.
#[must_use]
pub fn contract(address: &Address) -> Vec<u8> {
    native(b'c', &address.0)
}
/// Prefix of all [`contract`] keys.
#[must_use]
pub fn contracts() -> Vec<u8> {
    native(b'c', &[])
}
/// Contract code by its SHA-256.
#[must_use]
pub fn code(hash: &Hash) -> Vec<u8> {
    native(b'w', &hash.0)
}
/// [`crate::CodeRecord`] by the code's SHA-256.
#[must_use]
pub fn code_record(hash: &Hash) -> Vec<u8> {
    native(b'm', &hash.0)
}
/// Mark of a consumed transaction id, ordered by expiry so that expired ones are found first.
#[must_use]
pub fn consumed(expires: TimestampMs, transaction: &Hash) -> Vec<u8> {
    let mut rest = Vec::with_capacity(40);
    rest.extend_from_slice(&expires.0.to_be_bytes());
    rest.extend_from_slice(&transaction.0);
    native(b't', &rest)
}
/// Prefix of all [`consumed`] keys.
#[must_use]
pub fn consumed_all() -> Vec<u8> {
    native(b't', &[])
}
/// [`crate::ScheduledCall`] by its time and number: the order in which they are run.
#[must_use]
pub fn scheduled(at: TimestampMs, number: u64) -> Vec<u8> {
    let mut rest = Vec::with_capacity(16);
    rest.extend_from_slice(&at.0.to_be_bytes());
    rest.extend_from_slice(&number.to_be_bytes());
    native(b's', &rest)
}
/// Prefix of all [`scheduled`] keys.
#[must_use]
pub fn scheduled_all() -> Vec<u8> {
    native(b's', &[])
}
/// Time and number in a [`scheduled`] key.
#[must_use]
pub fn scheduled_place(key: &[u8]) -> Option<(TimestampMs, u64)> {
    let rest = key.strip_prefix(scheduled_all().as_slice())?;
    let (at, number) = rest.split_first_chunk::<8>()?;
    Some((TimestampMs(u64::from_be_bytes(*at)), u64::from_be_bytes(number.try_into().ok()?)))
}
/// Number (u64) that the next scheduled call gets; 0 if there is none.
#[must_use]
pub fn scheduled_next() -> Vec<u8> {
    native(b'l', &[])
}
/// A contract's own storage.
#[must_use]
pub fn storage(address: &Address, key: &[u8]) -> Vec<u8> {
    of_contract(address, STORAGE, key)
}
/// Whether a key is one of a contract's own storage.
#[must_use]
pub fn is_storage(key: &[u8]) -> bool {
    key.first() == Some(&CONTRACT) && key.get(33) == Some(&STORAGE)
}
/// The range of a contract's log.
#[must_use]
pub fn log(address: &Address, key: &[u8]) -> Vec<u8> {
    of_contract(address, LOG, key)
}
