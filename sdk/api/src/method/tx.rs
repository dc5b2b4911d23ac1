//! `tx_*`: transactions and what became of them.

use super::methods;
use crate::error::RpcError;
use crate::{At, Bytes, Page, Read, U64, schema};
use countersign_types::{Address, Hash, Height};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

methods! {
    TxSubmit = "tx_submit", "Takes a signed transaction and answers its id; `tx_wait` says what became of it.":
        SubmitParams => Submitted;
    TxSubmitBatch = "tx_submitBatch", "As tx_submit for up to 256 transactions, each with its own verdict.":
        SubmitBatchParams => SubmittedBatch;
    TxTry = "tx_try", "What a signed transaction would do at the newest block, all of it undone afterwards. Its expiry must be 0, so that nobody can submit it.":
        SubmitParams => Read<Tried>;
    TxGet = "tx_get", "What is known of a transaction.": GetParams => State;
    TxList = "tx_list", "What became of the transactions of a block, in order.": ListParams => Page<Listed>;
    TxPoolStatus = "tx_poolStatus", "The transactions that wait at this node.": super::NoParams => Pool;
    TxWait = "tx_wait", "Waits until a transaction is final or can no longer be included.": WaitParams => State;
}

/// Parameters of `tx_submit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SubmitParams {
    /// borsh of the signed transaction.
    pub transaction: Bytes,
}

/// The answer of `tx_submit`: taken, not yet final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Submitted {
    /// The transaction's id.
    #[schemars(with = "schema::Hash")]
    pub id: Hash,
}

/// Parameters of `tx_submitBatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SubmitBatchParams {
    /// borsh of each signed transaction.
    pub transactions: Vec<Bytes>,
}

/// The answer of `tx_submitBatch`, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubmittedBatch {
    /// One verdict for each transaction.
    pub results: Vec<SubmitResult>,
}

/// Verdict on one transaction of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubmitResult {
    /// Taken; its id.
    Id(#[schemars(with = "schema::Hash")] Hash),
    /// Refused.
    Error(RpcError),
}

/// What a transaction would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tried {
    /// How it would end.
    pub outcome: Outcome,
    /// Gas it would use.
    pub gas_used: U64,
    /// What contracts would announce.
    pub events: Vec<Event>,
    /// Entries of contracts' storage that it would write.
    pub written: u64,
    /// Entries of contracts' storage that it would remove.
    pub removed: u64,
    /// Records that it would append to contracts' logs.
    pub appended: u64,
}

/// Parameters of `tx_get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetParams {
    /// The transaction's id.
    #[schemars(with = "schema::Hash")]
    pub id: Hash,
}

/// Parameters of `tx_wait`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WaitParams {
    /// The transaction's id.
    #[schemars(with = "schema::Hash")]
    pub id: Hash,
    /// How long to wait, at most [`crate::limits::WAIT_MS_MAX`], which is also the default.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
}

/// Parameters of `tx_list`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ListParams {
    /// The block.
    pub at: At,
    /// Most transactions of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A transaction or scheduled call of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its id.
    #[schemars(with = "schema::Hash")]
    pub transaction: Hash,
    /// Its position in the block.
    pub index: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Gas it used.
    pub gas_used: U64,
    /// Number of events that contracts announced in it.
    pub events: u64,
}

/// The transactions that wait at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    /// How many wait.
    pub waiting: u64,
    /// Their bytes.
    pub waiting_bytes: u64,
    /// How many may wait.
    pub waiting_max: u64,
    /// How many bytes may wait.
    pub waiting_bytes_max: u64,
    /// Taken since the node started.
    pub admitted: u64,
    /// Refused since the node started.
    pub refused: u64,
}

/// What is known of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "status")]
pub enum State {
    /// This node has never seen it.
    #[serde(rename_all = "camelCase")]
    Unknown {
        /// Height of the first block whose transactions it knows: those of earlier blocks may be final all the same, where a
        /// node joined by a snapshot.
        #[schemars(with = "schema::Height")]
        known_from: Height,
    },
    /// It waits for a block, or its block for a certificate.
    Pending,
    /// Its block is certified: this receipt will never change.
    Final {
        /// The receipt.
        receipt: Box<Receipt>,
    },
    /// It expired and was never included; it never will be.
    Expired,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The transaction's id.
    #[schemars(with = "schema::Hash")]
    pub transaction: Hash,
    /// Height of its block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Hash of its block.
    #[schemars(with = "schema::Hash")]
    pub block_hash: Hash,
    /// Its position in the block.
    pub index: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Gas it used.
    pub gas_used: U64,
    /// What contracts announced.
    pub events: Vec<Event>,
}

impl Receipt {
    /// Whether the transaction took effect.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        matches!(self.outcome, Outcome::Succeeded { .. })
    }
    /// The JSON form of a receipt in the block of this hash.
    #[must_use]
    pub fn of(receipt: &countersign_types::Receipt, block_hash: Hash) -> Self {
        Self {
            transaction: receipt.transaction,
            height: receipt.height,
            block_hash,
            index: receipt.index,
            outcome: Outcome::from(&receipt.outcome),
            gas_used: receipt.gas_used.into(),
            events: receipt.events.iter().map(Event::from).collect(),
        }
    }
}

/// How a transaction ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Outcome {
    /// It took effect.
    Succeeded {
        /// borsh of what the method returned.
        output: Bytes,
    },
    /// The contract refused it. Nothing was written.
    Failed {
        /// The contract's code: 1-based position among its errors.
        code: u32,
        /// borsh of the contract's error.
        error: Bytes,
    },
    /// The contract trapped. Nothing was written.
    Trapped {
        /// Number of the trap in the guest interface.
        cause: u32,
    },
    /// The chain did not run it.
    Rejected {
        /// The number.
        code: u8,
        /// What it means and what to do.
        reason: String,
    },
}

impl From<&countersign_types::Outcome> for Outcome {
    fn from(outcome: &countersign_types::Outcome) -> Self {
        use countersign_types::Outcome as Chain;
        match outcome {
            Chain::Succeeded { output } => Self::Succeeded { output: Bytes(output.clone()) },
            Chain::Failed { code, error } => Self::Failed { code: *code, error: Bytes(error.clone()) },
            Chain::Trapped { cause } => Self::Trapped { cause: *cause },
            Chain::Rejected(code) => Self::Rejected { code: u8::from(*code), reason: code.explain().to_owned() },
        }
    }
}

/// What a contract announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The contract.
    #[schemars(with = "schema::Address")]
    pub contract: Address,
    /// Name of the event.
    pub name: String,
    /// borsh of its fields.
    pub data: Bytes,
    /// Attributes it can be found by.
    pub attributes: Vec<Attribute>,
    /// Its fields as JSON, where the node decoded them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// An attribute of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its bytes: text in UTF-8, numbers in decimal.
    pub value: Bytes,
}

impl From<&countersign_types::Event> for Event {
    fn from(event: &countersign_types::Event) -> Self {
        let attribute =
            |(name, value): &(String, Vec<u8>)| Attribute { name: name.clone(), value: Bytes(value.clone()) };
        Self {
            contract: event.contract,
            name: event.name.clone(),
            data: Bytes(event.data.clone()),
            attributes: event.attributes.iter().map(attribute).collect(),
            value: None,
        }
    }
}
