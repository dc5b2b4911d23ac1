//! `proof_*`: proof files.

use super::contract::ContractRef;
use super::methods;
use super::state::Key;
use crate::limits::PROOF_RESPONSE_BYTES_MAX;
use crate::{At, schema};
use countersign_types::proof::Proof;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    ProofGetState = "proof_getState", "A proof file of state entries, present or absent.": GetStateParams => ProofFile, up to PROOF_RESPONSE_BYTES_MAX;
    ProofGetTrace = "proof_getTrace", "A proof file of an item's trace, from which the answer can be found again offline.":
        GetTraceParams => ProofFile, up to PROOF_RESPONSE_BYTES_MAX;
}

/// Parameters of `proof_getState`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetStateParams {
    /// The entries, at most [`crate::limits::PROOF_KEYS_MAX`].
    pub keys: Vec<Key>,
    /// The certified block to prove them at.
    #[serde(default)]
    pub at: At,
}

/// A question about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Query {
    /// What happened to it.
    History,
    /// What it was made of and what it holds.
    Back,
    /// What was made of it and what became of its instances.
    Forward,
}

impl Query {
    /// The word in JSON, and in a proof file's subject.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Back => "back",
            Self::Forward => "forward",
        }
    }
    /// The query of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::History, Self::Back, Self::Forward].into_iter().find(|query| query.word() == word)
    }
}

/// Parameters of `proof_getTrace`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetTraceParams {
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// The question.
    pub query: Query,
    /// The item, in any spelling.
    pub item: String,
}

/// A proof file, doubtful until verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProofFile {
    /// The file's content.
    #[schemars(with = "schema::Proof")]
    pub proof: Proof,
}
