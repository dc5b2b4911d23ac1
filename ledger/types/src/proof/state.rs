//! State entries and logs under a certified state root.

use super::BadProof;
use super::log::{Log, ProvenLog};
use crate::contract::Address;
use crate::hash::Hash;
use crate::state::Witness;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A state entry and its value, or its absence.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Entry {
    /// The key in the state ([`crate::state_key`]), in hexadecimal.
    #[serde(with = "crate::hex::serde_bytes")]
    pub key: Vec<u8>,
    /// The value in hexadecimal, `null` if the key is absent.
    #[serde(with = "crate::hex::serde_option")]
    pub value: Option<Vec<u8>>,
}

/// What stands in the state for certain. Reading a key or log that is not covered answers `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProvenState {
    entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    logs: BTreeMap<(Address, Vec<u8>), ProvenLog>,
}

impl ProvenState {
    /// Checks entries and logs against a certified root.
    ///
    /// # Errors
    /// [`BadProof`] names the entry or log.
    pub(super) fn verify(entries: &[Entry], logs: &[Log], witness: &Witness, root: &Hash) -> Result<Self, BadProof> {
        let witnessed = witness.verify(root)?;
        let mut proven = Self::default();
        for (index, Entry { key, value }) in entries.iter().enumerate() {
            witnessed.check(key, value.as_deref()).map_err(|cause| BadProof::Entry { index, cause })?;
            if proven.entries.last_key_value().is_some_and(|(last, _)| last >= key) {
                return Err(BadProof::Order { what: "entry", index });
            }
            proven.entries.insert(key.clone(), value.clone());
        }
        for (index, log) in logs.iter().enumerate() {
            let shown = log.verify(&witnessed).map_err(|cause| BadProof::Log { index, cause })?;
            let place = (log.contract, log.key.clone());
            if proven.logs.last_key_value().is_some_and(|(last, _)| *last >= place) {
                return Err(BadProof::Order { what: "log", index });
            }
            proven.logs.insert(place, shown);
        }
        Ok(proven)
    }

    /// The value at a state key: `None` if not covered, `Some(None)` if proven absent.
    #[must_use]
    pub fn entry(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        self.entries.get(key).map(|value| value.as_deref())
    }
    /// What is shown of a log, if it is covered.
    #[must_use]
    pub fn log(&self, contract: &Address, key: &[u8]) -> Option<&ProvenLog> {
        self.logs.get(&(*contract, key.to_vec()))
    }
    /// All entries, in order of their keys.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.entries.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }
    /// All logs, in order of contract and key.
    pub fn logs(&self) -> impl Iterator<Item = (&Address, &[u8], &ProvenLog)> {
        self.logs.iter().map(|((contract, key), log)| (contract, key.as_slice(), log))
    }
}
