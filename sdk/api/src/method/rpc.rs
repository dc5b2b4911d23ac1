//! `rpc_*`: the interface about itself.

use super::{NoParams, methods};
use crate::schema;
use countersign_types::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    RpcDiscover = "rpc.discover", "The OpenRPC document of this node.": NoParams => serde_json::Value;
    RpcVersion = "rpc_version", "Which program answers, for which chain and by which rules.": NoParams => Versions;
    RpcLimits = "rpc_limits", "What a request may have at most.": NoParams => Limits;
}

/// What answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Versions {
    /// Version of the program.
    pub program: String,
    /// Version of the rules of execution that it has.
    pub protocol: u32,
    /// Version of the proof files that it makes.
    pub proof_format: u32,
    /// The chain's id.
    #[schemars(with = "schema::Hash")]
    pub chain: Hash,
}

/// Bounds of requests. Whoever asks for more is told so by an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Bytes of a request's body.
    pub request_bytes: u64,
    /// Bytes of an answer.
    pub response_bytes: u64,
    /// Bytes of an answer that holds a proof file.
    pub proof_response_bytes: u64,
    /// Calls of a batch.
    pub batch_calls: u64,
    /// Depth of arrays and objects.
    pub json_depth: u64,
    /// Items of a page.
    pub page_items: u32,
    /// Items of a page if no limit is given.
    pub page_items_default: u32,
    /// Transactions of one `tx_submitBatch`.
    pub submit_transactions: u64,
    /// Milliseconds that `tx_wait` waits.
    pub wait_ms: u64,
    /// Keys of one `state_getMany` or `proof_getState`.
    pub state_keys: u64,
    /// Bytes of a signed transaction.
    pub transaction_bytes: u64,
    /// Connections from one address.
    pub connections_per_address: u64,
    /// Open WebSockets of all clients.
    pub web_sockets: u64,
    /// Subscriptions of a WebSocket.
    pub subscriptions: u64,
    /// Milliseconds that a request may take once it is there.
    pub request_ms: u64,
    /// Milliseconds between requests on a connection.
    pub idle_ms: u64,
}
