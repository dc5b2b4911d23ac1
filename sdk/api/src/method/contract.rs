//! `contract_*`: contracts, their interfaces, views and events.

use super::chain::Subscribed;
use super::methods;
use super::tx::{Attribute, Event};
use crate::{At, Bytes, Order, Page, Read, U64, schema};
use countersign_types::{AccountId, Address, Hash, Height, ScheduledCall, TimestampMs};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

methods! {
    ContractList = "contract_list", "The deployed contracts.": ListParams => Page<Contract>;
    ContractGet = "contract_get", "A contract: its owner, the code it runs and ran, and who stopped it.": GetParams => Read<Details>;
    ContractListApprovals = "contract_listApprovals", "Which organisations have approved which code for a contract, deployed or not.":
        ApprovalsParams => Page<Approval>;
    ContractGetAbi = "contract_getAbi", "A contract's interface: methods, types, events, errors.": GetAbiParams => Read<Interface>;
    ContractGetCode = "contract_getCode", "A module, by the contract that runs it or by its SHA-256.": GetCodeParams => Read<Module>;
    ContractCheck = "contract_check", "Whether this network would take a module, and what it costs to deploy and to instantiate. Nothing is written.":
        CheckParams => Read<Checked>;
    ContractView = "contract_view", "Runs a contract's view.": ViewParams => Read<Viewed>;
    ContractListEvents = "contract_listEvents", "Events that contracts emitted, by contract, name, attribute and height.":
        ListEventsParams => Page<EventRecord>;
    ContractSubscribeEvents = "contract_subscribeEvents", "Sends events as their blocks are certified (WebSocket only). Notifications are named `contract_events`; `chain_unsubscribe` ends it.":
        SubscribeEventsParams => Subscribed;
    ContractListScheduled = "contract_listScheduled", "Calls that contracts scheduled and that wait, in the order in which they are to run. Those that run in between are missing.":
        ListScheduledParams => Page<Scheduled>;
}

/// A contract by address or by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ContractRef(pub String);

impl ContractRef {
    /// The address: the text itself if it is one, else the address of the name.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        if self.0.starts_with("0x") {
            self.0.parse().ok()
        } else {
            countersign_types::contract::is_full_name(&self.0).then(|| Address::of(&self.0))
        }
    }
}

impl std::fmt::Display for ContractRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Address> for ContractRef {
    fn from(address: Address) -> Self {
        Self(address.to_string())
    }
}

/// Parameters of `contract_list`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ListParams {
    /// Items of a page.
    pub limit: Option<u32>,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// By address.
    pub order: Order,
}

/// A deployed contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Its address.
    #[schemars(with = "schema::Address")]
    pub address: Address,
    /// `organisation/name`.
    pub name: String,
    /// SHA-256 of its code.
    #[schemars(with = "schema::Hash")]
    pub code: Hash,
    /// Who deployed it.
    #[schemars(with = "schema::AccountId")]
    pub deployer: AccountId,
    /// In which block.
    #[schemars(with = "schema::Height")]
    pub deployed_at: Height,
    /// How often its code was replaced.
    pub revision: u32,
    /// Who stopped it; while somebody has, calls are refused.
    pub frozen_by: Vec<Freezer>,
}

/// Who can stop a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Freezer {
    /// The organisation that owns it.
    Owner,
    /// More than two thirds of the organisations that run validators.
    Network,
}

impl Contract {
    /// The JSON form of a record.
    #[must_use]
    pub fn of(record: countersign_types::ContractRecord) -> Self {
        Self {
            address: Address::of(&record.name),
            name: record.name,
            code: record.code,
            deployer: record.deployer,
            deployed_at: record.deployed_at,
            revision: record.revision,
            frozen_by: [
                record.frozen.by_owner.then_some(Freezer::Owner),
                record.frozen.by_network.then_some(Freezer::Network),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}

/// Parameters of `contract_get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetParams {
    /// Address, or `organisation/name`.
    pub contract: ContractRef,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// A contract and its code's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The contract.
    pub contract: Contract,
    /// The code that it runs, and what it ran before, at most [`crate::limits::REVISIONS_MAX`] of the newest.
    pub revisions: Vec<Revision>,
}

/// Code that a contract ran or runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// Counts from 0, the deployment.
    pub number: u32,
    /// SHA-256 of the code; `contract_getCode` answers it.
    #[schemars(with = "schema::Hash")]
    pub code: Hash,
    /// Who put it there.
    #[schemars(with = "schema::AccountId")]
    pub by: AccountId,
    /// In which block.
    #[schemars(with = "schema::Height")]
    pub at: Height,
    /// By which transaction.
    #[schemars(with = "schema::Hash")]
    pub transaction: Hash,
}

/// Parameters of `contract_listApprovals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApprovalsParams {
    /// `organisation/name`.
    pub name: String,
    /// Items of a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Code that may come to a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// SHA-256 of the code.
    #[schemars(with = "schema::Hash")]
    pub code: Hash,
    /// Who has approved it.
    pub organisations: Vec<String>,
}

/// Parameters of `contract_getAbi`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetAbiParams {
    /// Address, or `organisation/name`.
    pub contract: ContractRef,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// A contract with its interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// The contract.
    pub contract: Contract,
    /// The lines of its interface section, one object each; [`crate::Abi::from_lines`] reads them.
    pub abi: Vec<Value>,
}

/// Parameters of `contract_getCode`: one of `contract` and `code`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct GetCodeParams {
    /// Address, or `organisation/name`.
    pub contract: Option<ContractRef>,
    /// SHA-256 of the code.
    #[schemars(with = "Option<schema::Hash>")]
    pub code: Option<Hash>,
    /// Where to read.
    pub at: At,
}

/// The code of contracts. It proves itself: whoever knows the hash can compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Module {
    /// SHA-256 of the bytes.
    #[schemars(with = "schema::Hash")]
    pub code: Hash,
    /// The WebAssembly module as it was deployed.
    pub bytes: Bytes,
}

/// Parameters of `contract_check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CheckParams {
    /// The WebAssembly module.
    pub module: Bytes,
    /// `organisation/name` it is to be deployed as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The account that is to deploy it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::AccountId>")]
    pub account: Option<AccountId>,
    /// Whether it is to replace the code of the contract of that name.
    #[serde(default)]
    pub upgrade: bool,
}

/// What a network says of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Why it would not be taken, each reason on its own; none if it would.
    pub refusals: Vec<String>,
    /// Gas that its deployment takes, the transaction itself included, without arguments and without what `init` or
    /// `migrate` takes.
    pub deploy_gas: U64,
    /// Most gas that a transaction may take.
    pub transaction_gas_max: U64,
    /// Sizes and costs of code that is well formed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<CodeSize>,
}

/// Hash, sizes and costs of code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeSize {
    /// SHA-256 of the module.
    #[schemars(with = "schema::Hash")]
    pub code: Hash,
    /// Functions.
    pub functions: u32,
    /// Instructions in them.
    pub instructions: u64,
    /// Bytes with the metering inside.
    pub metered_bytes: u64,
    /// Pages of 64 KiB that its memory begins with.
    pub memory_pages: u32,
    /// Gas that each instance takes.
    pub instantiation_gas: U64,
}

/// Parameters of `contract_view`. Arguments come as JSON (`args`) or as borsh (`input`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ViewParams {
    /// Address, or `organisation/name`.
    pub contract: ContractRef,
    /// The view.
    pub method: String,
    /// Arguments by name, or in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Value>,
    /// borsh of the arguments, one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Bytes>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// What a view returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Viewed {
    /// borsh of the result.
    pub output: Bytes,
    /// The result as JSON, where the contract's interface says how to read it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Gas it would have used.
    pub gas_used: U64,
}

/// A value that is there, `null` too: a view may answer nothing.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// Parameters of `contract_listEvents`. What is absent does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ListEventsParams {
    /// Address, or `organisation/name`.
    pub contract: Option<ContractRef>,
    /// Name of the event; needs `contract`.
    pub name: Option<String>,
    /// An attribute it must have; needs `contract` and `name`.
    pub attribute: Option<Attribute>,
    /// First height.
    #[schemars(with = "Option<schema::Height>")]
    pub from: Option<Height>,
    /// Last height.
    #[schemars(with = "Option<schema::Height>")]
    pub to: Option<Height>,
    /// Items of a page.
    pub limit: Option<u32>,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// By place in the chain.
    pub order: Order,
}

/// Name of the notifications that `contract_subscribeEvents` asks for; their params are [`EventsNotice`].
pub const EVENTS_NOTIFICATION: &str = "contract_events";

/// Parameters of `contract_subscribeEvents`. What is absent does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct SubscribeEventsParams {
    /// Address, or `organisation/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Name of the event; needs `contract`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An attribute it must have; needs `contract` and `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<Attribute>,
    /// First height [default: the next block's]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Height>")]
    pub from: Option<Height>,
    /// The last event that an earlier subscription sent: goes on behind it, without a gap and without sending one twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<EventPlace>,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventPlace {
    /// The block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Position among the block's events.
    pub index: u32,
}

/// Events of a block, at most [`crate::limits::NOTICE_EVENTS_MAX`]; more of the same block come next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsNotice {
    /// The subscription.
    pub subscription: u64,
    /// Height of the block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Hash of the block.
    #[schemars(with = "schema::Hash")]
    pub block_hash: Hash,
    /// Events, in order of their places.
    pub events: Vec<EventRecord>,
}

/// Parameters of `contract_listScheduled`. What is absent does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ListScheduledParams {
    /// Address, or `organisation/name`.
    pub contract: Option<ContractRef>,
    /// Items of a page; where few are of the contract it holds fewer and still names a next one.
    pub limit: Option<u32>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A call that waits for its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scheduled {
    /// What `tx_get` finds its receipt by, once it has run.
    #[schemars(with = "schema::Hash")]
    pub id: Hash,
    /// The least time of the block that runs it; it is over while the contract is frozen or blocks have no room.
    #[schemars(with = "schema::Time")]
    pub time: TimestampMs,
    /// The contract.
    #[schemars(with = "schema::Address")]
    pub contract: Address,
    /// Its method.
    pub method: String,
    /// borsh of the arguments.
    pub input: Bytes,
    /// The gas that it may use, which is paid.
    pub gas: U64,
    /// The account in whose name it runs.
    #[schemars(with = "schema::AccountId")]
    pub account: AccountId,
    /// The transaction, or scheduled call, that scheduled it.
    #[schemars(with = "schema::Hash")]
    pub transaction: Hash,
    /// The block that did.
    #[schemars(with = "schema::Height")]
    pub scheduled_at: Height,
}

impl Scheduled {
    /// The JSON form of a call.
    #[must_use]
    pub fn of(call: ScheduledCall) -> Self {
        Self {
            id: call.id(),
            time: call.at,
            contract: call.contract,
            method: call.method,
            input: Bytes(call.input),
            gas: U64(call.gas.0),
            account: call.account,
            transaction: call.transaction,
            scheduled_at: call.height,
        }
    }
}

/// An event with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRecord {
    /// Height of the block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Position among the block's events.
    pub index: u32,
    /// Id of the transaction.
    #[schemars(with = "schema::Hash")]
    pub transaction: Hash,
    /// The event.
    pub event: Event,
}

impl EventRecord {
    /// The JSON form of a record.
    #[must_use]
    pub fn of(record: &countersign_types::receipt::EventRecord) -> Self {
        Self {
            height: record.height,
            index: record.index,
            transaction: record.transaction,
            event: Event::from(&record.event),
        }
    }
}
