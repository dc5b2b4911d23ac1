//! What was found, in JSON: the words of the node's interface, times as ISO 8601 in UTC.

use crate::finding::Finding;
use countersign_epcis::answer::{
    After, Anomaly, AnomalyReport, AuditTrail, Chain, Excursions, Held, History, HistoryPage, Lineage, MassBalance,
    RecallScope, Step, Truncated, Verification, Whereabouts,
};
use countersign_epcis::question::{Answer, Arguments, Part};
use countersign_epcis::report::{Column, Row, Sheet};
use countersign_epcis::time::utc;
use countersign_types::log::LogRecord;
use countersign_types::proof::{Entry, HistoryPart, HistoryPlace, ProvenTransaction, TraceAsOf};
use countersign_types::receipt::EventRecord;
use countersign_types::{AccountId, Address, Gas, Hash, Measure, NativeOperation, Payload, PublicKey, Receipt};
use serde::Serialize;

/// A finding in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub(crate) enum Shown<'a> {
    State {
        entries: &'a [Entry],
    },
    Transaction(Transaction<'a>),
    Event(&'a EventRecord),
    #[serde(rename_all = "camelCase")]
    Log {
        contract: Address,
        key: String,
        start: u64,
        /// Records of the log at the block under which it is shown.
        count: u64,
        /// Records of the log at the height that is asked about, if the file shows it.
        count_then: Option<u64>,
        records: &'a [LogRecord],
    },
    #[serde(rename_all = "camelCase")]
    Trace {
        contract: Address,
        query: &'static str,
        item: &'a str,
        position: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        page: Option<HistoryPart>,
        #[serde(skip_serializing_if = "Arguments::is_empty")]
        arguments: Arguments,
        answer: Told<'a>,
    },
}

impl<'a> Shown<'a> {
    /// The form of a finding.
    pub(crate) fn of(finding: &'a Finding) -> Self {
        match finding {
            Finding::State { entries } => Self::State { entries },
            Finding::Transaction(transaction) => Self::Transaction(Transaction::of(transaction)),
            Finding::Event(record) => Self::Event(record),
            Finding::Log { contract, key, as_of, log } => {
                let (count_then, records) = log.as_of(*as_of);
                let key = key.escape_ascii().to_string();
                Self::Log { contract: *contract, key, start: log.start(), count: log.count(), count_then, records }
            }
            Finding::Trace { contract, question, as_of, answer } => Self::Trace {
                contract: *contract,
                query: question.word(),
                item: question.item(),
                position: as_of.map(|TraceAsOf { position, .. }| position),
                page: question.part().map(|Part { after, limit }| HistoryPart { after: after.map(place), limit }),
                arguments: question.arguments(),
                answer: Told::of(answer),
            },
        }
    }
}

/// A transaction in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction<'a> {
    id: Hash,
    signer: PublicKey,
    expires: String,
    gas_limit: Gas,
    does: Does<'a>,
    receipt: &'a Receipt,
}

/// What a transaction does, in short.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Does<'a> {
    #[serde(rename_all = "camelCase")]
    Call {
        contract: Address,
        method: &'a str,
        input_bytes: usize,
    },
    #[serde(rename_all = "camelCase")]
    Deploy {
        name: &'a str,
        code_bytes: usize,
    },
    PutAccount {
        account: &'a AccountId,
    },
    PutOrganisation {
        name: &'a str,
        threshold: u16,
    },
    #[serde(rename_all = "camelCase")]
    Propose {
        measure: &'a Measure,
        reason: &'a str,
        open_ms: u64,
    },
    Vote {
        proposal: u64,
        approve: bool,
    },
    ReportEquivocation,
    #[serde(rename_all = "camelCase")]
    Upgrade {
        contract: Address,
        code_bytes: usize,
    },
    ApproveCode {
        contract: &'a str,
        code: Hash,
        approve: bool,
    },
    SetFrozen {
        contract: Address,
        frozen: bool,
    },
}

impl<'a> Transaction<'a> {
    fn of(ProvenTransaction { id, signed, receipt }: &'a ProvenTransaction) -> Self {
        let body = &signed.body;
        let does = match &body.payload {
            Payload::Call { contract, method, input } => {
                Does::Call { contract: *contract, method, input_bytes: input.len() }
            }
            Payload::Deploy { name, code, .. } => Does::Deploy { name, code_bytes: code.len() },
            Payload::Native(NativeOperation::PutAccount { account, .. }) => Does::PutAccount { account: &account.id },
            Payload::Native(NativeOperation::PutOrganisation { name, threshold, .. }) => {
                Does::PutOrganisation { name, threshold: *threshold }
            }
            Payload::Native(NativeOperation::Propose { measure, reason, open_ms }) => {
                Does::Propose { measure, reason, open_ms: *open_ms }
            }
            Payload::Native(NativeOperation::Vote { proposal, approve }) => {
                Does::Vote { proposal: *proposal, approve: *approve }
            }
            Payload::Native(NativeOperation::ReportEquivocation { .. }) => Does::ReportEquivocation,
            Payload::Upgrade { contract, code, .. } => Does::Upgrade { contract: *contract, code_bytes: code.len() },
            Payload::Native(NativeOperation::ApproveCode { contract, code, approve }) => {
                Does::ApproveCode { contract, code: *code, approve: *approve }
            }
            Payload::Native(NativeOperation::SetFrozen { contract, frozen }) => {
                Does::SetFrozen { contract: *contract, frozen: *frozen }
            }
        };
        let expires = utc(i64::try_from(body.expires.0).unwrap_or(i64::MAX));
        Self { id: *id, signer: body.signer, expires, gas_limit: body.gas_limit, does, receipt }
    }
}

/// An answer in JSON.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Told<'a> {
    Trace(Box<Trace<'a>>),
    Chain(&'a Chain),
    Recall(&'a RecallScope),
    Contents(&'a Held),
    Holder(&'a Whereabouts),
    MassBalance(&'a MassBalance),
    Excursions(&'a Excursions),
    AuditTrail(&'a AuditTrail),
    VerifyItem(&'a Verification),
    Anomalies(&'a AnomalyReport),
}

impl<'a> Told<'a> {
    fn of(answer: &'a Answer) -> Self {
        match answer {
            Answer::History(history) => Self::Trace(Box::new(Trace::of_history(history))),
            Answer::Page(page) => Self::Trace(Box::new(Trace::of_page(page))),
            Answer::Lineage(lineage) => Self::Trace(Box::new(Trace::of_lineage(lineage))),
            Answer::Report(sheet) => Self::Trace(Box::new(Trace::of_report(sheet))),
            Answer::Chain(chain) => Self::Chain(chain),
            Answer::Recall(scope) => Self::Recall(scope),
            Answer::Contents(held) => Self::Contents(held),
            Answer::Holder(whereabouts) => Self::Holder(whereabouts),
            Answer::MassBalance(balance) => Self::MassBalance(balance),
            Answer::Excursions(excursions) => Self::Excursions(excursions),
            Answer::AuditTrail(trail) => Self::AuditTrail(trail),
            Answer::VerifyItem(verification) => Self::VerifyItem(verification),
            Answer::Anomalies(report) => Self::Anomalies(report),
        }
    }
}

/// A trace's answer in JSON.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trace<'a> {
    canonical: &'a str,
    position: u64,
    events: Vec<Event<'a>>,
    locations: &'a [String],
    anomalies: Vec<Odd<'a>>,
    products: &'a [String],
    containers: &'a [String],
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<&'static str>,
    /// The last event of a part that another one follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<HistoryPlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Report<'a>>,
}

/// A report in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    title: &'a str,
    columns: Vec<Titled<'a>>,
    rows: Vec<Cells<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Titled<'a> {
    name: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cells<'a> {
    sequence: u64,
    cells: &'a [String],
    missing: &'a [&'static str],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    sequence: u64,
    #[serde(rename = "eventID")]
    event_id: Option<&'a str>,
    hash: Hash,
    event_time: String,
    #[serde(rename = "type")]
    kind: &'a str,
    action: Option<&'a str>,
    biz_step: Option<&'a str>,
    disposition: Option<&'a str>,
    read_point: Option<&'a str>,
    biz_location: Option<&'a str>,
    through: Option<&'a str>,
    submitter: &'a str,
    height: u64,
    record_time: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Odd<'a> {
    sequence: u64,
    rule: &'a str,
    reason: &'a str,
}

impl<'a> Trace<'a> {
    fn of_page(HistoryPage { history, next }: &'a HistoryPage) -> Self {
        let whole = Self::of_history(history);
        Self { complete: whole.complete && next.is_none(), next: next.map(place), ..whole }
    }

    fn of_lineage(Lineage { item, position, products, containers, truncated }: &'a Lineage) -> Self {
        Self {
            canonical: item,
            position: *position,
            products,
            containers,
            complete: truncated.is_none(),
            truncated: truncated.map(bound),
            ..Self::default()
        }
    }

    fn of_report(sheet: &'a Sheet) -> Self {
        Self {
            canonical: &sheet.item,
            position: sheet.position,
            complete: sheet.truncated.is_none(),
            truncated: sheet.truncated.map(bound),
            report: Some(Report::of(sheet)),
            ..Self::default()
        }
    }

    fn of_history(History { item, position, events, locations, anomalies, truncated }: &'a History) -> Self {
        Self {
            canonical: item,
            position: *position,
            events: events.iter().map(Event::of).collect(),
            locations,
            anomalies: anomalies.iter().map(Odd::of).collect(),
            complete: truncated.is_none(),
            truncated: truncated.map(bound),
            ..Self::default()
        }
    }
}

impl<'a> Report<'a> {
    fn of(sheet: &'a Sheet) -> Self {
        let row = |row: &'a Row| Cells { sequence: row.sequence, cells: &row.cells, missing: &row.missing };
        Self {
            title: sheet.title,
            columns: sheet.columns.iter().map(|Column { name, title }| Titled { name, title }).collect(),
            rows: sheet.rows.iter().map(row).collect(),
            notes: &sheet.notes,
        }
    }
}

impl<'a> Event<'a> {
    fn of(step: &'a Step) -> Self {
        let word = |text: &'a str| (!text.is_empty()).then_some(text);
        Self {
            sequence: step.sequence,
            event_id: step.event_id.as_deref(),
            hash: Hash(step.hash),
            event_time: utc(step.time_ms),
            kind: &step.kind,
            action: word(&step.action),
            biz_step: word(&step.step),
            disposition: word(&step.disposition),
            read_point: step.read_point.as_deref(),
            biz_location: step.location.as_deref(),
            through: step.through.as_deref(),
            submitter: &step.submitter,
            height: step.height,
            record_time: utc(i64::try_from(step.recorded_ms).unwrap_or(i64::MAX)),
        }
    }
}

impl<'a> Odd<'a> {
    fn of(anomaly: &'a Anomaly) -> Self {
        Self { sequence: anomaly.sequence, rule: &anomaly.rule, reason: &anomaly.reason }
    }
}

fn place(After { time_ms, sequence }: After) -> HistoryPlace {
    HistoryPlace { time_ms, sequence }
}

fn bound(truncated: Truncated) -> &'static str {
    match truncated {
        Truncated::Reads => "reads",
        Truncated::Items => "items",
    }
}
