//! `consensus_*`: how agreement goes.

use super::{NoParams, methods};
use crate::schema;
use countersign_types::{Epoch, Hash, Height, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    ConsensusStatus = "consensus_status", "Where this node stands in the protocol.": NoParams => Status;
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
    /// Counters that the engine keeps, by name, since the start.
    pub counters: std::collections::BTreeMap<String, u64>,
}
