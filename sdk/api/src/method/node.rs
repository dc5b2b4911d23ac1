//! `node_*`: the node that answers.

use super::{NoParams, methods};
use crate::{Order, Page, schema};
use countersign_types::{Hash, Height, PublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    NodeStatus = "node_status", "What this node is and how far it has come.": NoParams => Status;
    NodePeers = "node_peers", "The other validators and guests, and whether they are connected.": PeersParams => Page<Peer>;
}

/// What a node is and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// The network's name.
    pub network: String,
    /// The chain's id.
    #[schemars(with = "schema::Hash")]
    pub chain: Hash,
    /// The organisation that runs the node.
    pub organisation: Option<String>,
    /// The key that signs its votes; `null` if it does not vote.
    #[schemars(with = "Option<schema::Key>")]
    pub key: Option<PublicKey>,
    /// Its index among the validators, if it is one.
    pub validator: Option<u16>,
    /// What it does.
    pub state: State,
    /// How far it is while it joins by a snapshot; it has no ledger then, and all heights but the known one are zero.
    #[serde(default)]
    pub joining: Option<Joining>,
    /// Height of the last final block.
    #[schemars(with = "schema::Height")]
    pub final_height: Height,
    /// Height of the last executed block.
    #[schemars(with = "schema::Height")]
    pub executed_height: Height,
    /// Height of the newest block whose result a quorum has certified; reads at `final` read here.
    #[schemars(with = "schema::Height")]
    pub certified_height: Height,
    /// Highest height that a peer has claimed; while it joins, that of the snapshot.
    #[schemars(with = "schema::Height")]
    pub known_height: Height,
    /// The oldest heights of which it keeps what.
    pub kept_from: KeptFrom,
    /// Connected peers.
    pub peers: u32,
    /// Transactions that wait for a block.
    pub waiting_transactions: u64,
    /// Their bytes.
    pub waiting_bytes: u64,
    /// Milliseconds since the node started.
    pub uptime_ms: u64,
}

/// The oldest heights of which a node keeps what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptFrom {
    /// Headers, results and certificates: all of them, but where the node joined by a snapshot.
    #[schemars(with = "schema::Height")]
    pub headers: Height,
    /// Transactions of blocks.
    #[schemars(with = "schema::Height")]
    pub bodies: Height,
    /// Receipts and events.
    #[schemars(with = "schema::Height")]
    pub receipts: Height,
    /// Whole states, for reads and proofs at a height.
    #[schemars(with = "schema::Height")]
    pub states: Height,
}

/// How far a node is that joins by a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Joining {
    /// Height of the snapshot, 0 while none is chosen.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Pieces that there are, 0 while that is not known.
    pub pieces: u64,
    /// Pieces that are here; once all are, the ledger is made from them.
    pub pieces_kept: u64,
    /// Their bytes.
    pub bytes_kept: u64,
    /// Peers that sent what is wrong.
    pub peers_accused: u64,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Votes.
    Voting,
    /// Follows without voting.
    Following,
    /// Fetches a snapshot of the ledger, and answers nothing but its status meanwhile.
    Joining,
    /// Fetches blocks it missed.
    CatchingUp,
    /// Lost its vote journal and waits until it may vote again.
    Recovering,
    /// Does not vote or execute until there is room on its disk; what it has can be read.
    DiskFull,
    /// Does not execute any more and says why in its log.
    Halted,
}

/// Parameters of `node_peers`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct PeersParams {
    /// Items of a page.
    pub limit: Option<u32>,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// By network key.
    pub order: Order,
}

/// Another validator or a guest, as this node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Its network key.
    #[schemars(with = "schema::Key")]
    pub key: PublicKey,
    /// Its organisation.
    pub organisation: Option<String>,
    /// Its index among the validators; none for a guest, which follows without voting.
    pub validator: Option<u16>,
    /// Where it is dialled; none if only it dials.
    pub addresses: Vec<String>,
    /// Whether it is connected now.
    pub connected: bool,
    /// Messages waiting to be sent to it.
    pub queued_messages: u64,
    /// Their bytes.
    pub queued_bytes: u64,
}
