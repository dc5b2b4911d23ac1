//! `state_*`: the state, key by key.

use super::contract::ContractRef;
use super::methods;
use crate::{At, Bytes, Page, Read, U64, schema};
use countersign_types::{Address, state_key};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    StateGet = "state_get", "The value under a key of the state, with its proof on request.": GetParams => Read<Value>;
    StateGetMany = "state_getMany", "The values under several keys, all at the same block.": GetManyParams => Read<Vec<Value>>;
    StateRange = "state_range", "Keys of a contract's storage that begin with given bytes, in order, with their values.": RangeParams => Page<Entry>;
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
    /// Ids of an organisation's accounts with the admin role.
    Admins(String),
    /// A proposal by its number.
    Proposal(U64),
    /// The rules of governance in force.
    Rules {},
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
            Self::Admins(organisation) => state_key::admins(organisation),
            Self::Proposal(number) => state_key::proposal(number.0),
            Self::Rules {} => state_key::rules(),
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

/// Parameters of `state_getMany`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetManyParams {
    /// Which entries, at most [`crate::limits::PROOF_KEYS_MAX`].
    pub keys: Vec<Key>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
    /// Whether to add a proof of all of them.
    #[serde(default)]
    pub prove: bool,
}

/// Parameters of `state_range`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RangeParams {
    /// The contract.
    pub contract: ContractRef,
    /// What the contract's own keys begin with [default: all keys]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Bytes>,
    /// Most entries of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// An entry of a contract's storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The contract's own key.
    pub key: Bytes,
    /// Its value.
    pub value: Bytes,
}
