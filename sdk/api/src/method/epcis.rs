//! `epcis_*`: EPCIS documents and events.

use super::contract::ContractRef;
use super::methods;
use crate::{At, Read, schema};
use countersign_types::{AccountId, Hash, Height, TimestampMs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

methods! {
    EpcisValidate = "epcis_validate", "Checks an EPCIS document by the rules of capture; nothing is written.":
        ValidateParams => Checked;
    EpcisEvent = "epcis_event", "A captured event as JSON-LD, with its origin.": EventParams => Read<EventRecords>;
}

/// Parameters of `epcis_validate`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ValidateParams {
    /// An EPCIS 2.0 document in JSON-LD, or one event.
    #[schemars(with = "Value")]
    pub document: Box<RawValue>,
}

/// What capture would say of a document, as far as the document alone tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Whether everything is valid.
    pub valid: bool,
    /// Faults of the document outside its events; with any, no events are listed.
    pub faults: Vec<Fault>,
    /// A verdict for each event, in the document's order.
    pub events: Vec<CheckedEvent>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// JSON path from the document's root.
    pub path: String,
    /// Stable name of the rule that is broken.
    pub rule: String,
    /// What is wrong there, with the values found.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

/// Verdict on one event of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckedEvent {
    /// Its position in the document.
    pub index: u64,
    /// Its eventID, if it has one.
    #[serde(rename = "eventID")]
    pub event_id: Option<String>,
    /// Hash of its canonical bytes, its identity on the chain; only if it is valid.
    #[schemars(with = "Option<schema::Hash>")]
    pub hash: Option<Hash>,
    /// What is wrong; empty if it is valid.
    pub faults: Vec<Fault>,
}

/// Parameters of `epcis_event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventParams {
    /// The eventID, or the event's hash on the chain.
    pub id: String,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// All records under one id: the event, and declarations that it was in error.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRecords {
    /// In the order in which they were captured.
    pub records: Vec<EventRecord>,
}

/// A captured event.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRecord {
    /// Its position among all events of the contract.
    pub sequence: u64,
    /// Hash of its canonical bytes.
    #[schemars(with = "schema::Hash")]
    pub hash: Hash,
    /// The account that captured it, where it is still registered.
    #[schemars(with = "Option<schema::AccountId>")]
    pub submitter: Option<AccountId>,
    /// The transaction that captured it.
    #[schemars(with = "schema::Hash")]
    pub transaction: Hash,
    /// Height of its block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Time of its block: the record time of EPCIS.
    #[schemars(with = "schema::Time")]
    pub recorded: TimestampMs,
    /// Whether it declares the event before it to be in error.
    pub declares_error: bool,
    /// The event as EPCIS 2.0 JSON-LD, its numbers exact.
    #[schemars(with = "Value")]
    pub event: Box<RawValue>,
}
