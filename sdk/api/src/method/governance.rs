//! `governance_*`: what members decide together.

use super::methods;
use crate::{At, Read, U64, schema};
use countersign_types::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    GovernanceGetDeployPolicy = "governance_getDeployPolicy", "Who may deploy contracts and replace their code, and what organisations want instead.":
        GetDeployPolicyParams => Read<DeployPolicy>;
}

/// Parameters of `governance_getDeployPolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct GetDeployPolicyParams {
    /// Where to read.
    pub at: At,
}

/// The policy in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeployPolicy {
    /// How many came before it; a vote names it.
    pub version: U64,
    /// Organisations whose deployers may; all where there is no list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisations: Option<Vec<String>>,
    /// Organisations that must approve code, the deployer's own included.
    pub approvals: u16,
    /// Whether the code of a contract can be replaced.
    pub upgrades: bool,
    /// Votes of organisations that run validators for another policy.
    pub votes: Vec<PolicyVote>,
}

/// What an organisation wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyVote {
    /// The organisation.
    pub organisation: String,
    /// Hash of the policy it wants; equal hashes are equal policies.
    #[schemars(with = "schema::Hash")]
    pub policy: Hash,
}
