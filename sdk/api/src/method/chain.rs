//! `chain_*`: blocks, and following them.

use super::{NoParams, methods};
use crate::{At, Read, schema};
use countersign_types::{
    Certificate, Epoch, ExecutionResult, Hash, Header, Height, Parameters, TimestampMs, Validator,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    ChainInfo = "chain_info", "The chain: identity, rules, validators, newest certified block.": NoParams => Read<Info>;
    ChainGetBlock = "chain_getBlock", "A block with its result and certificate.": GetBlockParams => Read<Block>;
    ChainSubscribe = "chain_subscribe", "Sends each block as it is executed (WebSocket only). Notifications are named `chain_block`.":
        SubscribeParams => Subscribed;
    ChainUnsubscribe = "chain_unsubscribe", "Ends a subscription; answers whether there was one.": UnsubscribeParams => bool;
}

/// Name of the notifications that `chain_subscribe` asks for; their params are [`BlockNotice`].
pub const NOTIFICATION: &str = "chain_block";

/// The chain as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// The chain's id: hash of the genesis.
    #[schemars(with = "schema::Hash")]
    pub chain: Hash,
    /// The network's name.
    pub network: String,
    /// Time of the newest certified block, milliseconds since 1970 UTC.
    #[schemars(with = "schema::Time")]
    pub time: TimestampMs,
    /// State root there.
    #[schemars(with = "schema::Hash")]
    pub state_root: Hash,
    /// Current epoch.
    #[schemars(with = "schema::Epoch")]
    pub epoch: Epoch,
    /// Its validators, in order of their index.
    #[schemars(with = "Vec<schema::Validator>")]
    pub validators: Vec<Validator>,
    /// Signatures that make a quorum.
    pub quorum: u16,
    /// Most validators that may be faulty.
    pub faulty_max: u16,
    /// Rules.
    #[schemars(with = "schema::Parameters")]
    pub parameters: Parameters,
}

/// Parameters of `chain_getBlock`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct GetBlockParams {
    /// Which block.
    pub at: At,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// Its header.
    #[schemars(with = "schema::Header")]
    pub header: Header,
    /// Ids of its transactions, in order.
    #[schemars(with = "Vec<schema::Hash>")]
    pub transactions: Vec<Hash>,
    /// Result of executing it, once executed.
    #[schemars(with = "Option<schema::Result>")]
    pub result: Option<ExecutionResult>,
    /// The quorum's signatures under the result, once certified.
    #[schemars(with = "Option<schema::Certificate>")]
    pub certificate: Option<Certificate>,
}

/// Parameters of `chain_subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct SubscribeParams {
    /// First height to send: resumes where an earlier subscription ended. The next block if absent.
    #[schemars(with = "Option<schema::Height>")]
    pub from: Option<Height>,
    /// Whether each block lists what became of its transactions.
    pub receipts: bool,
}

/// The answer of `chain_subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscribed {
    /// Names the subscription in notifications.
    pub subscription: u64,
}

/// Parameters of `chain_unsubscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UnsubscribeParams {
    /// The subscription.
    pub subscription: u64,
}

/// What a subscription sends for each block whose result is certified, in order of height.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockNotice {
    /// The subscription.
    pub subscription: u64,
    /// Height of the block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Hash of the block.
    #[schemars(with = "schema::Hash")]
    pub block_hash: Hash,
    /// Its time.
    #[schemars(with = "schema::Time")]
    pub time: TimestampMs,
    /// Number of its transactions.
    pub transactions: u32,
    /// What became of them, in order; empty unless asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Verdict>,
}

/// What became of a transaction, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Its id.
    #[schemars(with = "schema::Hash")]
    pub transaction: Hash,
    /// Whether it took effect.
    pub succeeded: bool,
    /// Gas it used.
    pub gas_used: u64,
}
