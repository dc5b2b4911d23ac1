//! `state_*`: the state, key by key.

use super::methods;
use crate::{At, Bytes, Read, schema};
use countersign_types::{Address, state_key};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    StateGet = "state_get", "The value under a key of the state, with its proof on request.": GetParams => Read<Value>;
}

/// Names an entry of the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Key {
    /// The whole key, as the ledger's `FORMAT.md` lays it out.
    Raw(Bytes),
    /// A key of a contract's storage.
    #[serde(rename_all = "camelCase")]
    Storage {
        /// The contract.
        #[schemars(with = "schema::Address")]
        contract: Address,
        /// The contract's own key.
        key: Bytes,
    },
    /// A contract's log: its length and peaks.
    #[serde(rename_all = "camelCase")]
    Log {
        /// The contract.
        #[schemars(with = "schema::Address")]
        contract: Address,
        /// The log's key.
        key: Bytes,
    },
    /// An account by its id.
    Account(String),
    /// An organisation by its id.
    Organisation(String),
    /// A contract's record.
    Contract(#[schemars(with = "schema::Address")] Address),
}

impl Key {
    /// The key in the state tree, before hashing.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Raw(key) => key.0.clone(),
            Self::Storage { contract, key } => state_key::storage(contract, &key.0),
            Self::Log { contract, key } => state_key::log(contract, &key.0),
            Self::Account(id) => state_key::account(id),
            Self::Organisation(id) => state_key::organisation(id),
            Self::Contract(address) => state_key::contract(address),
        }
    }
}

/// Parameters of `state_get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetParams {
    /// Which entry.
    pub key: Key,
    /// Where to read.
    #[serde(default)]
    pub at: At,
    /// Whether to add a proof.
    #[serde(default)]
    pub prove: bool,
}

/// A value of the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Value {
    /// The bytes; `null` if there is nothing under the key.
    pub value: Option<Bytes>,
}
