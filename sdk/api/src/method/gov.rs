//! `gov_*`: what members decide together.

use super::methods;
use crate::{At, Page, Read, U64, schema};
use countersign_types::{AccountId, Height, Measure, Rules, TimestampMs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    GovGetDeployPolicy = "gov_getDeployPolicy", "Who may deploy contracts and replace their code.":
        AtParams => Read<DeployPolicy>;
    GovGetRules = "gov_getRules", "Who decides about what, and by how many votes.": AtParams => Read<RulesInForce>;
    GovListProposals = "gov_listProposals", "Proposals, the newest first.": ListProposalsParams => Page<Proposal>;
    GovGetProposal = "gov_getProposal", "A proposal and how organisations voted.": GetProposalParams => Read<Proposal>;
    GovSimulate = "gov_simulate", "What a measure would do if it were adopted now: whether it is possible, how many votes it needs, and what becomes of \
        fault tolerance given who is reachable from this node.": SimulateParams => Read<Simulation>;
}

/// Parameters of what is read at a point of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct AtParams {
    /// Where to read.
    pub at: At,
}

/// The policy in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeployPolicy {
    /// How many came before it; a measure names it.
    pub version: U64,
    /// Organisations whose deployers may; all where there is no list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisations: Option<Vec<String>>,
    /// Organisations that must approve code, the deployer's own included.
    pub approvals: u16,
    /// Whether the code of a contract can be replaced.
    pub upgrades: bool,
}

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RulesInForce {
    /// How many came before them; a measure names it.
    pub version: U64,
    /// The rules.
    #[schemars(with = "schema::Rules")]
    pub rules: Rules,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProposalState {
    /// Votes count.
    Open,
    /// It took effect.
    Adopted,
    /// So many voted against it that it could not be adopted.
    Rejected,
    /// Its time was over.
    Expired,
}

/// Parameters of `gov_listProposals`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ListProposalsParams {
    /// Only those [default: all].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ProposalState>,
    /// Most proposals of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Parameters of `gov_getProposal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetProposalParams {
    /// Its number.
    pub proposal: U64,
    /// Where to read.
    #[serde(default)]
    pub at: At,
    /// Whether to add a proof.
    #[serde(default)]
    pub prove: bool,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Its number.
    pub number: U64,
    /// What became of it.
    pub state: ProposalState,
    /// What is to be decided, in words.
    pub about: String,
    /// What is to be decided.
    #[schemars(with = "schema::Measure")]
    pub measure: Measure,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    #[schemars(with = "schema::AccountId")]
    pub proposer: AccountId,
    /// In which block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// That block's time.
    #[schemars(with = "schema::Time")]
    pub time: TimestampMs,
    /// Block time after which no vote counts.
    #[schemars(with = "schema::Time")]
    pub expires: TimestampMs,
    /// The block that decided.
    #[schemars(with = "Option<schema::Height>")]
    pub decided_at: Option<Height>,
    /// Votes.
    pub votes: Vec<Vote>,
}

/// An organisation's vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vote {
    /// The organisation.
    pub organisation: String,
    /// For it or against it.
    pub approve: bool,
    /// Whose vote made it the organisation's.
    #[schemars(with = "schema::AccountId")]
    pub by: AccountId,
    /// In which block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
}

/// Parameters of `gov_simulate`: exactly one of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct SimulateParams {
    /// What would be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Measure>")]
    pub measure: Option<Measure>,
    /// Number of the proposal of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<U64>,
}

/// What a measure would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    /// What is to be decided, in words.
    pub about: String,
    /// Whether it could take effect now.
    pub possible: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Organisations that may vote on it.
    pub electorate: Vec<String>,
    /// Votes for it that it takes.
    pub needed: u32,
    /// Organisations that voted for it.
    pub approve: Vec<String>,
    /// Organisations that voted against it.
    pub reject: Vec<String>,
    /// Fault tolerance now.
    pub before: Tolerance,
    /// Fault tolerance with it.
    pub after: Tolerance,
    /// Whether no block would be final with it until more validators are reachable.
    pub halts: bool,
    /// What speaks for caution, in words; empty if nothing does.
    pub warnings: Vec<String>,
}

/// What a set of validators bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tolerance {
    /// n.
    pub validators: u16,
    /// f, the most that may be faulty.
    pub faulty_max: u16,
    /// q, those that must be up for a block to be final.
    pub quorum: u16,
    /// Those of them that this node reaches now, itself included.
    pub reachable: u16,
    /// Members whose accounts may act.
    pub members: u32,
}
