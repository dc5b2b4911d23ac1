//! A report for people.

use crate::command::{report, trace};
use crate::output::{facts, moment, table};
use countersign_api::report::of_sheet;
use countersign_api::trace::{of_history, of_lineage};
use countersign_client::verify::{Answer, Finding, Report};
use countersign_types::Outcome;
use countersign_types::receipt::EventRecord;

/// Everything that a report says.
pub fn report(report: &Report) -> String {
    let basis = &report.basis;
    let age = report.age_seconds.map_or_else(String::new, |age| format!(", {age} s ago"));
    let shown = &basis.shown_at;
    let mut rows = vec![("VERIFIED", format!("as of block {} at {}{age}", shown.height, moment(shown.time.0)))];
    if let Some(height) = report.as_of {
        rows = vec![("VERIFIED", format!("as of block {height}, by the state of block {}{age}", shown.height))];
    }
    if basis.certified != *shown {
        let certified = &basis.certified;
        rows.push(("certified", format!("with block {} at {}", certified.height, moment(certified.time.0))));
    }
    rows.push(("network", basis.network.clone()));
    rows.push(("chain", basis.chain.to_string()));
    rows.push(("block", shown.block.to_string()));
    rows.extend(report.rests_on.iter().map(|reason| ("rests on", reason.clone())));
    rows.extend(report.not_shown.iter().map(|missing| ("NOT shown", missing.to_string())));
    format!("{}\n{}", finding(report.verified.data()), facts(rows))
}

fn finding(finding: &Finding) -> String {
    match finding {
        Finding::State { entries } => {
            let rows = entries.iter().map(|entry| {
                let value = entry.value.as_ref().map_or("absent".to_owned(), |value| format!("{} bytes", value.len()));
                vec![entry.key.escape_ascii().to_string(), value]
            });
            table(&["state key", "value"], rows)
        }
        Finding::Transaction(proven) => {
            let receipt = &proven.receipt;
            let outcome = match &receipt.outcome {
                Outcome::Succeeded { .. } => "it took effect".to_owned(),
                Outcome::Failed { code, .. } => format!("the contract refused it with error {code}"),
                Outcome::Trapped { cause } => format!("the contract trapped (cause {cause})"),
                Outcome::Rejected(code) => format!("the chain refused it: {}", code.explain()),
            };
            facts([
                ("transaction", proven.id.to_string()),
                ("signed by key", proven.signed.body.signer.to_string()),
                ("in block", format!("{}, number {}", receipt.height, receipt.index)),
                ("outcome", outcome),
                ("gas used", receipt.gas_used.to_string()),
                ("events", receipt.events.len().to_string()),
            ])
        }
        Finding::Event(record) => event(record),
        Finding::Log { contract, key, as_of, log } => {
            let (then, records) = log.as_of(*as_of);
            let end = log.start().saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
            let of = then.map_or("an unknown number".to_owned(), |count| count.to_string());
            let shown = match records.len() {
                0 => format!("none of {of}"),
                _ => format!("{} to {} of {of}, none left out between", log.start(), end.saturating_sub(1)),
            };
            let rows = (log.start()..).zip(records).map(|(index, record)| {
                vec![
                    index.to_string(),
                    record.height.to_string(),
                    moment(record.time.0),
                    record.signer.to_string(),
                    format!("{} bytes", record.entry.len()),
                ]
            });
            let about = facts([
                ("contract", contract.to_string()),
                ("log", key.escape_ascii().to_string()),
                ("records", shown),
            ]);
            format!("{about}\n{}", table(&["record", "block", "time", "signed by key", "entry"], rows))
        }
        Finding::Trace { question, answer, .. } => {
            let mut asked = vec![("question", question.word().to_owned())];
            asked.extend(question.arguments().into_iter().map(|(name, value)| ("asked", format!("{name} {value}"))));
            let answer = match answer.as_ref() {
                Answer::Report(sheet) => report::human(&of_sheet(sheet.clone())),
                Answer::History(history) => trace::human(&of_history(history.clone())),
                Answer::Page(page) => trace::human(&of_history(page.history.clone())),
                Answer::Lineage(lineage) => trace::human(&of_lineage(lineage.clone())),
                told => told.sheets().map_or_else(String::new, trace::told),
            };
            format!("{}\n{answer}", facts(asked))
        }
    }
}

fn event(record: &EventRecord) -> String {
    let event = &record.event;
    let attributes = event.attributes.iter().map(|(name, value)| {
        vec![name.clone(), String::from_utf8(value.clone()).unwrap_or_else(|_| value.escape_ascii().to_string())]
    });
    let about = facts([
        ("event", event.name.clone()),
        ("contract", event.contract.to_string()),
        ("in block", format!("{}, number {}", record.height, record.index)),
        ("transaction", record.transaction.to_string()),
        ("data", format!("{} bytes", event.data.len())),
    ]);
    format!("{about}\n{}", table(&["attribute", "value"], attributes))
}
