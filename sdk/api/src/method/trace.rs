//! `trace_*`: where an item comes from, what happened to it, where it went.

use super::contract::ContractRef;
use super::methods;
use crate::{At, Read, schema};
use countersign_types::{Hash, Height};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    TraceHistory = "trace_history", "What happened to an item, in containers too, by time, page by page.":
        HistoryParams => Read<Trace>;
    TraceBack = "trace_back", "What an item was made of and what it holds, to the beginning.": TraceParams => Read<Trace>;
    TraceForward = "trace_forward", "What was made of an item and what became of its instances.": TraceParams => Read<Trace>;
    TraceContents = "trace_contents", "What a container held at a time.": ContentsParams => Read<Contents>;
}

/// Parameters of `trace_history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HistoryParams {
    /// The item, in any spelling.
    pub epc: String,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read, however old. Pages after the first are read where the first was.
    #[serde(default)]
    pub at: At,
    /// Events of a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before, asked with the same item and contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl HistoryParams {
    /// The first page of an item's history.
    #[must_use]
    pub fn first(epc: impl Into<String>, contract: Option<ContractRef>, at: At) -> Self {
        Self { epc: epc.into(), contract, at, limit: None, cursor: None }
    }
}

/// Parameters of the traces of lineage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TraceParams {
    /// The item, in any spelling.
    pub epc: String,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// The answer of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The item's canonical identifier.
    pub canonical: String,
    /// Records of the contract that were looked at: those before this sequence number.
    pub position: u64,
    /// Events of this page of a `history`, by event time; `back` and `forward` list none.
    pub events: Vec<TraceEvent>,
    /// Their eventIDs, in the same order; the hash of the canonical bytes for an event without.
    #[serde(rename = "eventIDs")]
    pub event_ids: Vec<String>,
    /// Places of these events, in the order they were first visited.
    pub locations: Vec<String>,
    /// Those of these events that broke a rule of the registers for the item and were recorded nevertheless.
    pub anomalies: Vec<TraceAnomaly>,
    /// What `back` or `forward` reached: instances, lots and classes, sorted, without the item.
    pub products: Vec<String>,
    /// What `back` or `forward` reached: logistic units and assets, sorted.
    pub containers: Vec<String>,
    /// Whether nothing is missing and nothing follows.
    pub complete: bool,
    /// Which bound cut it short, so that something is missing that no later page brings: `reads` or `items`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<String>,
    /// Give it as `cursor` for the next page of a `history`; absent where nothing follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An event of a history, in short; `epcis_event` has all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceEvent {
    /// Its position among all events of the contract.
    pub sequence: u64,
    /// Its eventID, if it has one.
    #[serde(rename = "eventID")]
    pub event_id: Option<String>,
    /// Hash of its canonical bytes.
    #[schemars(with = "schema::Hash")]
    pub hash: Hash,
    /// When it happened, ISO 8601 in UTC.
    pub event_time: String,
    /// `ObjectEvent` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// `ADD`, `OBSERVE` or `DELETE`; a transformation has none.
    pub action: Option<String>,
    /// The business step's word.
    pub biz_step: Option<String>,
    /// The disposition's word.
    pub disposition: Option<String>,
    /// Where it happened, canonical.
    pub read_point: Option<String>,
    /// Where the things are afterwards, canonical.
    pub biz_location: Option<String>,
    /// The container of the item that the event names, where it does not name the item itself.
    pub through: Option<String>,
    /// The account that submitted it, `organisation/name`.
    pub submitter: String,
    /// Height of the block that captured it.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Time of that block, ISO 8601 in UTC.
    pub record_time: String,
}

/// A rule of the registers that an event broke, and that capture let pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceAnomaly {
    /// The event's position among all events of the contract.
    pub sequence: u64,
    /// Stable name of the rule: `containment.two`.
    pub rule: String,
    /// What is wrong.
    pub reason: String,
}

/// Parameters of `trace_contents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ContentsParams {
    /// The container, in any spelling.
    pub epc: String,
    /// The event time asked about, ISO 8601 with time zone; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// The answer of `trace_contents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contents {
    /// The container's canonical identifier.
    pub canonical: String,
    /// Canonical identifiers of what was inside, sorted.
    pub contents: Vec<String>,
    /// Canonical identifiers of what was fixed to it, sorted.
    pub fixed: Vec<String>,
    /// Whether this is all.
    pub complete: bool,
}
