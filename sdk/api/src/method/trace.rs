//! `trace_*`: where an item comes from, what happened to it, where it went.

use super::contract::ContractRef;
use super::methods;
use crate::{At, Read, schema};
use countersign_types::{Hash, TimestampMs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    TraceHistory = "trace_history", "What happened to an item, in containers too, by time.": TraceParams => Read<Trace>;
    TraceBack = "trace_back", "What an item was made of and what it holds, to the beginning.": TraceParams => Read<Trace>;
    TraceForward = "trace_forward", "What was made of an item and what became of its instances.": TraceParams => Read<Trace>;
    TraceContents = "trace_contents", "What a container held at a time.": ContentsParams => Read<Contents>;
}

/// Parameters of the three traces.
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
    /// The events of the answer, by event time; of `history`, all of them, of the others none.
    pub events: Vec<TraceEvent>,
    /// Their eventIDs, in the same order; `sha256:…` of its canonical bytes for an event without.
    #[serde(rename = "eventIDs")]
    pub event_ids: Vec<String>,
    /// Canonical identifiers that `back` or `forward` reached, sorted, the item itself left out.
    pub products: Vec<String>,
    /// Canonical identifiers of the places where the item was, in the order it came there.
    pub locations: Vec<String>,
    /// Whether this is all. If not, a bound was reached and the answer is cut short.
    pub complete: bool,
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
    /// `ObjectEvent` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// `ADD`, `OBSERVE` or `DELETE`; a transformation has none.
    pub action: Option<String>,
    /// Event time as written, with its offset.
    pub event_time: String,
    /// Time of the block that recorded it.
    #[schemars(with = "schema::Time")]
    pub recorded: TimestampMs,
    /// The business step's word.
    pub biz_step: Option<String>,
    /// The disposition's word.
    pub disposition: Option<String>,
    /// Where it happened, canonical.
    pub read_point: Option<String>,
    /// Where the things are afterwards, canonical.
    pub biz_location: Option<String>,
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
    /// Canonical identifiers of what it held, sorted.
    pub contents: Vec<String>,
    /// Whether this is all.
    pub complete: bool,
}
