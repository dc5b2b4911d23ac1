//! `consensus_*`: how agreement goes.

use super::{NoParams, methods};
use crate::{At, Read, schema};
use countersign_types::{AccountId, Epoch, Hash, Height, Phase, PublicKey, TimestampMs, Validator, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    ConsensusStatus = "consensus_status", "Where this node stands in the protocol, what it waits for, and what to do if it waits long.": NoParams => Status;
    ConsensusValidators = "consensus_validators", "The validators of an epoch.": EvidenceParams => Read<ValidatorsOf>;
    ConsensusEvidence = "consensus_evidence", "Validators of an epoch that contradicted themselves, as the ledger has them.": EvidenceParams => Read<Vec<Case>>;
}

/// Where a node stands in the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The epoch.
    #[schemars(with = "schema::Epoch")]
    pub epoch: Epoch,
    /// The view it is in.
    #[schemars(with = "schema::View")]
    pub view: View,
    /// Index of the view's leader.
    pub leader: u16,
    /// Number of validators.
    pub validators: u16,
    /// Signatures that make a quorum.
    pub quorum: u16,
    /// Most validators that may be faulty.
    pub faulty_max: u16,
    /// Its own index, if it is a validator.
    pub own: Option<u16>,
    /// Whether it votes now.
    pub voting: bool,
    /// Whether it has just started and does not vote before others have told which votes of its own they hold.
    pub rejoining: bool,
    /// Height of the highest certified proposal it holds.
    #[schemars(with = "schema::Height")]
    pub prepared_height: Height,
    /// Height of the last final block.
    #[schemars(with = "schema::Height")]
    pub final_height: Height,
    /// Hash of the last final block.
    #[schemars(with = "schema::Hash")]
    pub final_block: Hash,
    /// Height of the newest certified result.
    #[schemars(with = "schema::Height")]
    pub certified_height: Height,
    /// Height of the block that this node does not execute, since it stopped it twice; `null` if there is none.
    #[schemars(with = "Option<schema::Height>")]
    pub halted_height: Option<Height>,
    /// Whether a block is due, that is, whether the view's timer runs.
    pub block_due: bool,
    /// Views since the last final block that came to nothing.
    pub failed_views: u64,
    /// Indexes of the validators heard of in recent views, this one included, rising.
    pub active: Vec<u16>,
    /// Milliseconds since this node entered the view.
    pub view_ms: u64,
    /// Milliseconds since a block last became final here, or since the start.
    pub since_final_ms: u64,
    /// Whether the view's proposal is here.
    pub proposed: bool,
    /// Indexes of the validators whose PREPARE of this view is here, rising.
    pub prepared: Vec<u16>,
    /// Indexes of the validators whose VIEW-CHANGE of this view is here, rising.
    pub giving_up: Vec<u16>,
    /// Milliseconds until this node gives the view up, if a block is due.
    pub next_timeout_ms: Option<u64>,
    /// Whether no block can be proposed before results of earlier ones are certified.
    pub window_closed: bool,
    /// The other validators of whom nothing was heard in recent views.
    pub missing: Vec<Missing>,
    /// What stands in the way of the next block and what to do about it, in words; empty if nothing does.
    pub advice: Vec<String>,
    /// Counters that the engine keeps, by name, since the start.
    pub counters: std::collections::BTreeMap<String, u64>,
}

/// A validator of whom nothing was heard in recent views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// Its index.
    pub validator: u16,
    /// Its organisation.
    pub organisation: String,
    /// Milliseconds since it said something; none if it has not since this node started.
    pub silent_ms: Option<u64>,
    /// Whether there is a connection to it.
    pub connected: bool,
}

/// Parameters of `consensus_evidence` and `consensus_validators`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct EvidenceParams {
    /// The epoch [default: the current one].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Epoch>")]
    pub epoch: Option<Epoch>,
    /// Where to read.
    pub at: At,
    /// Whether to add a proof. It shows for each validator of the epoch what the ledger has, or that it has nothing.
    pub prove: bool,
}

/// The validators of an epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidatorsOf {
    /// The epoch.
    #[schemars(with = "schema::Epoch")]
    pub epoch: Epoch,
    /// The last height of the epoch before.
    #[schemars(with = "schema::Height")]
    pub origin: Height,
    /// Its validators, in order of their index.
    #[schemars(with = "Vec<schema::Validator>")]
    pub validators: Vec<Validator>,
    /// Signatures that make a quorum.
    pub quorum: u16,
    /// Most validators that may be faulty.
    pub faulty_max: u16,
    /// Last height of the epoch, once that is decided.
    #[schemars(with = "Option<schema::Height>")]
    pub ends_at: Option<Height>,
    /// The validators of the next epoch, once they are decided.
    #[schemars(with = "Option<Vec<schema::Validator>>")]
    pub next: Option<Vec<Validator>>,
}

/// A validator that contradicted itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The epoch.
    #[schemars(with = "schema::Epoch")]
    pub epoch: Epoch,
    /// Its index in that epoch.
    pub validator: u16,
    /// Its organisation.
    pub organisation: String,
    /// Its key.
    #[schemars(with = "schema::Key")]
    pub key: PublicKey,
    /// The view that it contradicted itself in; the height if it was about a result.
    pub number: u64,
    /// The two things that it signed.
    pub signed: [Signed; 2],
    /// The block that recorded it.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// That block's time.
    #[schemars(with = "schema::Time")]
    pub time: TimestampMs,
    /// Who reported it: an account, or `organisation/validator` for a validator by itself.
    #[schemars(with = "schema::AccountId")]
    pub reporter: AccountId,
}

/// One of two statements that exclude each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// The step of the protocol: `prePrepare`, `prepare`, `commit`, `viewChange` or `checkpoint`.
    #[schemars(with = "String")]
    pub phase: Phase,
    /// What it is for; zeros for `viewChange`.
    #[schemars(with = "schema::Hash")]
    pub digest: Hash,
}
