//! `trace_*`: where an item comes from, what happened to it, where it went.

use super::contract::ContractRef;
use super::methods;
use crate::{At, Read, schema};
pub use countersign_epcis::answer::{
    AnomalyReport, AuditTrail, Chain, Excursions, Held, Link, LinkKind, MassBalance, Reached, RecallScope,
    Verification, Way, Whereabouts,
};
use countersign_types::{Hash, Height};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    TraceHistory = "trace_history", "What happened to an item, in containers too, by time, page by page.":
        HistoryParams => Read<Trace>;
    TraceBack = "trace_back", "What an item was made of and what it holds, to the beginning or some links far.":
        LineageParams => Read<Trace>;
    TraceForward = "trace_forward", "What was made of an item and what became of its instances, to the end or some links far.":
        LineageParams => Read<Trace>;
    TraceChain = "trace_chain", "What leads to what on the way back, forward or through a recall: links, the nearest first, page by page.":
        ChainParams => Read<ChainPage>;
    TraceRecall = "trace_recall", "What has to be recalled because of an item, where it is by whose word, and how much of it is nowhere.":
        RecallParams => Read<RecallScope>;
    TraceContents = "trace_contents", "What a container held at a time.": AtTimeParams => Read<Held>;
    TraceHolder = "trace_holder", "Where an item was at a time and who had and owned it, by whose word.":
        AtTimeParams => Read<Whereabouts>;
    TraceMassBalance = "trace_massBalance", "How much of a lot came to be, was used up, and should be left.":
        TraceParams => Read<MassBalance>;
    TraceExcursions = "trace_excursions", "Which readings of sensors were out of bounds, and what was where they were taken.":
        ExcursionsParams => Read<Excursions>;
    TraceAuditTrail = "trace_auditTrail", "All records of an event: itself and its error declarations, void ones included.":
        AuditTrailParams => Read<AuditTrail>;
    TraceVerifyItem = "trace_verifyItem", "Whether an item is what is printed on it, by the records.":
        VerifyItemParams => Read<Verification>;
    TraceAnomalies = "trace_anomalies", "What does not fit in the events of a span of records: too much, twice, too far, too long, in nobody's custody.":
        AnomaliesParams => Read<AnomalyReport>;
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

/// Parameters of `trace_back` and `trace_forward`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LineageParams {
    /// The item, in any spelling.
    pub epc: String,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read. Pages after the first are read where the first was.
    #[serde(default)]
    pub at: At,
    /// Most links away from the item; to the end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// Things of a page, at most [`crate::limits::CHAIN_PAGE_MAX`], which is also what absent means. The whole walk is made
    /// for each page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before, asked with the same item, contract and depth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl LineageParams {
    /// Asks for the first page, to the end.
    #[must_use]
    pub fn whole(epc: impl Into<String>, contract: Option<ContractRef>, at: At) -> Self {
        Self { epc: epc.into(), contract, at, depth: None, limit: None, cursor: None }
    }
}

/// Parameters of `trace_chain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChainParams {
    /// The item, in any spelling.
    pub epc: String,
    /// Which way.
    pub way: Way,
    /// Most links away from the item; to the end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read. Pages after the first are read where the first was.
    #[serde(default)]
    pub at: At,
    /// Links of a page, at most [`crate::limits::CHAIN_PAGE_MAX`], which is also what absent means. The whole walk is made for
    /// each page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before, asked with all else the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainPage {
    /// The chain.
    #[serde(flatten)]
    pub chain: Chain,
    /// Give it as `cursor` for the next page; absent where nothing follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Parameters of what is asked about an item alone.
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
    /// What `back` or `forward` reached: instances, lots and classes, sorted, without the item; those of this page.
    pub products: Vec<String>,
    /// What `back` or `forward` reached: logistic units and assets, sorted; those of this page, which come after all products.
    pub containers: Vec<String>,
    /// Whether nothing is missing and nothing follows.
    pub complete: bool,
    /// Which bound cut it short, so that something may be missing that no later page brings: `reads`, `items`, or the
    /// `depth` that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<String>,
    /// Give it as `cursor` for the next page; absent where nothing follows.
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

/// Parameters of `trace_recall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RecallParams {
    /// The item, in any spelling.
    pub epc: String,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read. Give the height of the first page for the ones after it.
    #[serde(default)]
    pub at: At,
    /// Products of a page, and containers of a page, at most [`crate::limits::RECALL_PAGE_MAX`], which is also what absent
    /// means. The whole walk is made for each page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The `containersNext` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers_after: Option<String>,
}

impl RecallParams {
    /// Asks for the first page.
    #[must_use]
    pub fn first(epc: impl Into<String>, contract: Option<ContractRef>, at: At) -> Self {
        Self { epc: epc.into(), contract, at, limit: None, after: None, containers_after: None }
    }
}

/// Parameters of what is asked about a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AtTimeParams {
    /// The item or container, in any spelling.
    pub epc: String,
    /// The event time asked about, ISO 8601 with time zone; now if absent. The answer says which it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// Parameters of `trace_excursions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExcursionsParams {
    /// What is measured: `Temperature`, `gs1:RelativeHumidity`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// The least that is in order; at least one of `min` and `max` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    /// The most that is in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
    /// The unit of these, a UN/ECE Recommendation 20 code: `CEL`. Readings in others of the dimension are compared exactly.
    pub uom: String,
    /// The first instant that counts, ISO 8601 with time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last instant that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Only what affects this item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epc: Option<String>,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// Parameters of `trace_auditTrail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AuditTrailParams {
    /// The eventID, or the hash of an event that has none.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// Parameters of `trace_verifyItem`: what is printed on a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VerifyItemParams {
    /// The GTIN, 8 to 14 digits.
    pub gtin: String,
    /// The serial number.
    pub serial: String,
    /// The lot, if it is to be verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The expiry, `YYYY-MM-DD` or `YYMMDD`, if it is to be verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<String>,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// Parameters of `trace_anomalies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AnomaliesParams {
    /// The first record; 0 if absent. The `next` of an answer goes on where it ended.
    #[serde(default)]
    pub since: u64,
    /// How many records to look at, at most [`countersign_epcis::limits::ANOMALY_RECORDS_MAX`], which is also what absent means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// An exact decimal number: a JSON string, or a number as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal(pub countersign_epcis::Decimal);

impl Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let digits = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        digits.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DecimalOrNumber".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "number"], "description": "An exact decimal number." })
    }
}
