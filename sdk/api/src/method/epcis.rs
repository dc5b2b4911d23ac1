//! `epcis_*`: EPCIS documents and events.

use super::contract::ContractRef;
use super::methods;
use crate::read::Page;
use crate::{At, Read, schema};
pub use countersign_epcis::answer::{HandoverPolicy, HandoverRow};
use countersign_epcis::rule::Position;
use countersign_types::{AccountId, Address, Hash, Height, TimestampMs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

methods! {
    EpcisValidate = "epcis_validate", "The receipts that capturing an EPCIS document would give; nothing is written.":
        ValidateParams => Checked;
    EpcisEvent = "epcis_event", "A captured event as JSON-LD, with its origin.": EventParams => Read<EventRecords>;
    EpcisQuery = "epcis_query", "Captured events that match the query parameters of EPCIS 2.0, page by page.":
        QueryParams => Page<EventRecord>;
    EpcisListHandovers = "epcis_listHandovers", "Hand-overs of custody and ownership to an organisation, or by it, and how they stand, page by page.":
        ListHandoversParams => Page<HandoverRow>;
}

/// Parameters of `epcis_validate`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ValidateParams {
    /// An EPCIS 2.0 document in JSON-LD, or one event; or a string that holds the text of a document, which may
    /// be EPCIS 1.x or 2.0 XML.
    #[schemars(with = "Value")]
    pub document: Box<RawValue>,
    /// What a refused event would do to the others.
    #[serde(default)]
    pub mode: CaptureMode,
    /// The account that would capture it. Without one, an error is taken to be declared by the organisation whose event it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::AccountId>")]
    pub account: Option<AccountId>,
    /// The provenance contract; the node's default one if absent, and none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
}

/// What a refused event does to the others of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CaptureMode {
    /// It refuses them all.
    #[default]
    Rollback,
    /// Nothing: each event stands for itself.
    Proceed,
}

impl ValidateParams {
    /// Parameters for a document, given as text.
    ///
    /// # Panics
    ///
    /// Never: text is a JSON string.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let document = serde_json::value::to_raw_value(text).expect("text is a JSON string");
        Self { document, mode: CaptureMode::default(), account: None, contract: None }
    }

    /// The text of the document.
    #[must_use]
    pub fn text(&self) -> Cow<'_, [u8]> {
        match serde_json::from_str::<String>(self.document.get()) {
            Ok(text) => Cow::Owned(text.into_bytes()),
            Err(_) => Cow::Borrowed(self.document.get().as_bytes()),
        }
    }
}

/// What capture would say of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Whether everything is valid, by the document alone and, if `ledger` is there, by what stands on the ledger.
    pub valid: bool,
    /// Faults of the document outside its events; with any, no events are listed.
    pub faults: Vec<Fault>,
    /// A verdict for each event, in the document's order.
    pub events: Vec<CheckedEvent>,
    /// The registers that the events were held against; none where no contract keeps any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Against>,
}

/// The registers that a document was held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Against {
    /// The provenance contract.
    #[schemars(with = "schema::Address")]
    pub contract: Address,
    /// After the block of this height.
    #[schemars(with = "schema::Height")]
    pub height: Height,
}

/// What would become of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "status")]
pub enum Foreseen {
    /// It would be recorded.
    Accepted {
        /// The number of its record, if nothing else is captured before it.
        sequence: u64,
        /// How many rules of the registers it breaks that capture lets pass.
        anomalies: u32,
    },
    /// It stands on the ledger, or earlier in the document, with the same content.
    Duplicate {
        /// The number of that record.
        sequence: u64,
    },
    /// It would be refused, by its last fault.
    Rejected,
    /// It is in order; another event of the document is not, and the mode is rollback.
    Withdrawn,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// JSON path from the document's root; in an XML document the path of elements.
    pub path: String,
    /// Where that stands in an XML document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<TextPosition>,
    /// Stable name of the rule that is broken.
    pub rule: String,
    /// What is wrong there, with the values found.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextPosition {
    /// Its line, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
}

impl From<Position> for TextPosition {
    fn from(Position { line, column }: Position) -> Self {
        Self { line, column }
    }
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
    /// Rules of the standard that it breaks and that capture lets pass: it is recorded as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Fault>,
    /// How many more warnings there are than one answer lists.
    #[serde(default)]
    pub warnings_omitted: u64,
    /// What capture would make of it; only if registers were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<Foreseen>,
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

/// Parameters of `epcis_query`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct QueryParams {
    /// The query parameters of EPCIS 2.0, such as `{"EQ_bizStep": ["shipping"], "GE_eventTime": "2026-05-01T00:00:00Z"}`. An
    /// unknown one is an error.
    #[schemars(with = "Value")]
    pub params: Box<RawValue>,
    /// How identifiers are spelled.
    #[serde(default)]
    pub form: Form,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read. Pages after the first are read where the first was.
    #[serde(default)]
    pub at: At,
    /// Events of a page. A page may have fewer, or none, and others follow: each looks at so many records only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before, asked with the same query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Parameters of `epcis_listHandovers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListHandoversParams {
    /// The organisation.
    pub organisation: String,
    /// Those that it gave, instead of those that it received.
    #[serde(default)]
    pub given: bool,
    /// Only those that stand like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<HandoverState>,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read. What waits is expired if it waited until before this block. Pages after the first are read where the
    /// first was.
    #[serde(default)]
    pub at: At,
    /// Rows of a page; one more if an event hands over to two parties. A page may have fewer, or none, and others follow:
    /// each looks at so many hand-overs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before, asked with the same parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// How a hand-over stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HandoverState {
    /// It takes effect once the receiver accepts it.
    Pending,
    /// The receiver accepted it.
    Accepted,
    /// The receiver refused it.
    Refused,
    /// The receiver said nothing in time.
    Expired,
    /// It takes effect by the giver's word alone.
    OneSided,
    /// Its event was declared to be in error.
    Void,
}

impl HandoverState {
    /// Its word in a row.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::OneSided => "oneSided",
            Self::Void => "void",
        }
    }
}

/// How identifiers are spelled in an answer. An EPC URN cannot be made of a link without a table of company prefixes, so
/// events have URNs where they were written with URNs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Form {
    /// As they were written; the event's hash is that of this spelling.
    #[default]
    Written,
    /// As canonical GS1 Digital Links where they are keys of GS1.
    DigitalLink,
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
