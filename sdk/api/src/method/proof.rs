//! `proof_*`: proof files.

use super::contract::ContractRef;
use super::methods;
use super::state::Key;
use crate::limits::PROOF_RESPONSE_BYTES_MAX;
use crate::{At, Bytes, schema};
use countersign_epcis::answer::After;
use countersign_epcis::question::{Arguments, Question};
use countersign_epcis::report::Report;
use countersign_types::proof::{Anchor, Earlier, HistoryPlace, Proof};
use countersign_types::{Epoch, EpochEnd, Hash, Height};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    ProofGetState = "proof_getState", "A proof file of state entries, present or absent.": GetStateParams => ProofFile, up to PROOF_RESPONSE_BYTES_MAX;
    ProofGetTx = "proof_getTx", "A proof file of a transaction with its receipt.": GetTxParams => ProofFile, up to PROOF_RESPONSE_BYTES_MAX;
    ProofGetEvent = "proof_getEvent", "A proof file of an event.": GetEventParams => ProofFile, up to PROOF_RESPONSE_BYTES_MAX;
    ProofGetLog = "proof_getLog", "A proof file of a page of a contract's log, such as the one of all records about an item.":
        GetLogParams => LogProofFile, up to PROOF_RESPONSE_BYTES_MAX;
    ProofGetTrace = "proof_getTrace", "A proof file of an item's trace, from which the answer can be found again offline.":
        GetTraceParams => ProofFile, up to PROOF_RESPONSE_BYTES_MAX;
    ProofGetValidatorChain = "proof_getValidatorChain", "How the validators of an epoch lead to those of a newer certified block: what a light client follows.":
        GetValidatorChainParams => ValidatorChain, up to PROOF_RESPONSE_BYTES_MAX;
}

/// Parameters of `proof_getState`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetStateParams {
    /// The entries, at most [`crate::limits::PROOF_KEYS_MAX`].
    pub keys: Vec<Key>,
    /// The certified block to prove them at.
    #[serde(default)]
    pub at: At,
}

/// Parameters of `proof_getTx`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetTxParams {
    /// The transaction's id.
    #[schemars(with = "schema::Hash")]
    pub id: Hash,
}

/// Parameters of `proof_getEvent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetEventParams {
    /// The block.
    #[schemars(with = "schema::Height")]
    pub height: Height,
    /// Position among the block's events.
    pub index: u32,
}

/// Parameters of `proof_getLog`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetLogParams {
    /// The contract; the node's default provenance contract if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Which log.
    pub log: LogRef,
    /// The block as of which is asked.
    #[serde(default)]
    pub at: At,
    /// Most records, at most [`crate::limits::PAGE_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `nextCursor` of the page before, with the same parameters: goes on there, as of the same block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Names a log of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum LogRef {
    /// By its key.
    Key(Bytes),
    /// The log of all records that name an item, in any spelling, of a provenance contract.
    Item(String),
}

/// Defines the questions whose answers can be proven.
macro_rules! queries {
    ($($name:ident = $word:literal, $question:pat, $doc:literal;)+) => {
        /// A question.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum Query {
            $(#[doc = $doc] $name,)+
        }

        impl Query {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
            /// The word in JSON, and in a proof file's subject.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
            /// The query of a word.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|query| query.word() == word)
            }
            /// The query that a question is.
            #[must_use]
            pub const fn of_question(question: &Question) -> Self {
                match question { $($question => Self::$name,)+ }
            }
        }
    };
}
queries! {
    History = "history", Question::History(..), "What happened to an item.";
    Back = "back", Question::Back(_), "What an item was made of and what it holds.";
    Forward = "forward", Question::Forward(_), "What was made of an item and what became of its instances.";
    Chain = "chain", Question::Chain(..), "What leads to what; `way`, `depth`, `links`, `after` and `limit` among the arguments.";
    Recall = "recall", Question::Recall { .. }, "What has to be recalled because of an item.";
    Contents = "contents", Question::Contents(..), "What a container held at a time.";
    Holder = "holder", Question::Holder(..), "Where an item was at a time and who had and owned it, by whose word.";
    MassBalance = "massBalance", Question::MassBalance(_), "How much of a lot came to be, was used up, and should be left.";
    Excursions = "excursions", Question::Excursions(..), "Readings out of bounds, and what was where they were taken.";
    AuditTrail = "auditTrail", Question::AuditTrail(_), "All records of an event.";
    VerifyItem = "verifyItem", Question::VerifyItem(..), "Whether an item is what is printed on it.";
    Anomalies = "anomalies", Question::Anomalies { .. }, "What does not fit in the events of a span of records.";
    Fsma204 = "fsma204", Question::Report(_, Report::Fsma204(_)), "The critical tracking events of a lot; `from` and `to` among the arguments.";
    Dscsa = "dscsa", Question::Report(_, Report::Dscsa), "The transaction history of a package of medicine.";
    Eudr = "eudr", Question::Report(_, Report::Eudr), "The plots that contributed to an item.";
    RecallLetter = "recallLetter", Question::Report(_, Report::RecallLetter), "What has to be withdrawn because of an item, by holder.";
    Passport = "passport", Question::Report(_, Report::Passport(_)), "What is said of an item; `tier` among the arguments.";
}

/// Parameters of `proof_getTrace`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetTraceParams {
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// The question.
    pub query: Query,
    /// The item, in any spelling.
    pub item: String,
    /// The block as of which is asked. Later parts of a history are asked for as of the first one's height.
    #[serde(default)]
    pub at: At,
    /// Most events of a part of a history, at most [`crate::limits::PAGE_MAX`]. Without it and `after`, the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The last event of the part of the history before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::HistoryPlace>")]
    pub after: Option<HistoryPlace>,
    /// What is asked beside the item, by name, as the proof file has it.
    #[serde(default, skip_serializing_if = "Arguments::is_empty")]
    pub arguments: Arguments,
}

impl GetTraceParams {
    /// Asks for all of a trace.
    #[must_use]
    pub fn whole(contract: Option<ContractRef>, query: Query, item: String, at: At) -> Self {
        Self { contract, query, item, at, limit: None, after: None, arguments: Arguments::new() }
    }

    /// Asks a question.
    #[must_use]
    pub fn of(contract: Option<ContractRef>, question: &Question, at: At) -> Self {
        let whole = Self::whole(contract, Query::of_question(question), question.item().to_owned(), at);
        let part = question.part();
        let after = part.and_then(|part| part.after);
        Self {
            limit: part.map(|part| part.limit.get()),
            after: after.map(|After { time_ms, sequence }| HistoryPlace { time_ms, sequence }),
            arguments: question.arguments(),
            ..whole
        }
    }
}

/// Parameters of `proof_getValidatorChain`: what the asker knows already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct GetValidatorChainParams {
    /// The epoch whose validators are known; the genesis' if absent.
    #[schemars(with = "schema::Epoch")]
    pub epoch: Epoch,
    /// Height of the certified block that is known; none if absent.
    #[schemars(with = "schema::Height")]
    pub height: Height,
}

/// How validators changed, and a certified block, all doubtful until verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidatorChain {
    /// The ends of epochs from the known one on, at most [`crate::limits::EPOCH_ENDS_MAX`].
    #[schemars(with = "Vec<schema::EpochEnd>")]
    pub epochs: Vec<EpochEnd>,
    /// The newest certified block of the epoch that they lead to.
    #[schemars(with = "schema::Anchor")]
    pub anchor: Anchor,
    /// The known block in its place before that; absent if none is known or it is not before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Earlier>")]
    pub earlier: Option<Earlier>,
    /// Whether there are newer epochs: ask again from this block.
    pub more: bool,
}

/// A proof file, doubtful until verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProofFile {
    /// The file's content.
    #[schemars(with = "schema::Proof")]
    pub proof: Proof,
}

/// A proof file of a page of a log, doubtful until verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogProofFile {
    /// The file's content.
    #[schemars(with = "schema::Proof")]
    pub proof: Proof,
    /// Give it as `cursor` for the next page; `null` when there is nothing more.
    pub next_cursor: Option<String>,
}
