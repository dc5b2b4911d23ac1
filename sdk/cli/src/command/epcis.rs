//! `countersign epcis`.

mod capture;
mod hash;
mod query;

use crate::arguments::Epcis;
use crate::failure::REFUSED;
use crate::output::{Output, or_dash, say, table};
use crate::session::{Session, now, read_file};
use anyhow::Context as _;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::epcis::{CaptureMode, Checked, EpcisValidate, Fault, Foreseen, ValidateParams};
use countersign_client::Client;
use countersign_client::capture::{Correction, check};
use countersign_epcis::Time;
use countersign_types::AccountId;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub async fn run(command: Epcis, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let all_good = match command {
        Epcis::Validate { files, ledger: false, .. } => {
            validate(&files, output, async |bytes| Ok(check(bytes))).await?
        }
        Epcis::Validate { files, ledger: true, mode, account } => {
            let client = session.client()?;
            let asked = Asked { client: &client, mode: mode.into(), account, contract: session.contract() };
            validate(&files, output, async |bytes| asked.foresee(bytes).await).await?
        }
        Epcis::Query(wanted) => query::list(wanted, session, output).await?,
        Epcis::Event { id, at } => query::event(id, at, session, output).await?,
        Epcis::Export { which, organisation, output: to } => {
            query::export(which, organisation, &to, session, output).await?
        }
        Epcis::Hash { files, text } => hash::hash(&files, text, output)?,
        Epcis::Correct { id, reason, with, time } => {
            let with = with.as_deref().map(read_file).transpose()?;
            let time = time.map_or_else(|| Ok(Time::at(i64::try_from(now()?.0)?)), anyhow::Ok)?;
            let correction = Correction { reason: &reason, time, with: with.as_deref() };
            correct(&id, &correction, session, output).await?
        }
        Epcis::Capture { files, mode } => capture::files(&files, mode, session, output).await?,
    };
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

/// What is said of one file.
#[derive(Serialize)]
struct About<'a, T> {
    file: &'a Path,
    #[serde(flatten)]
    said: T,
}

async fn correct(id: &str, correction: &Correction<'_>, session: &Session, output: Output) -> anyhow::Result<bool> {
    let signer = session.signer().await?;
    let contract = session.provenance_address(signer.client()).await?;
    let said = countersign_client::capture::correct(&signer, contract, id, correction).await?;
    output.show(&said, |said| table(&HEADER, said.events.iter().flat_map(|event| capture::rows(id, event))))?;
    Ok(said.is_accepted())
}

/// What tables say of documents' events.
const HEADER: [&str; 6] = ["file", "event", "event id", "verdict", "where", "why"];

/// What a node is asked about documents.
struct Asked<'a> {
    client: &'a Client,
    mode: CaptureMode,
    account: Option<AccountId>,
    contract: Option<ContractRef>,
}

impl Asked<'_> {
    /// What capture would say of a document.
    async fn foresee(&self, bytes: &[u8]) -> anyhow::Result<Checked> {
        // What is no text has its fault without a node.
        let Ok(text) = str::from_utf8(bytes) else { return Ok(check(bytes)) };
        let (mode, account, contract) = (self.mode, self.account.clone(), self.contract.clone());
        let params = ValidateParams { mode, account, contract, ..ValidateParams::of(text) };
        Ok(self.client.unverified().call_again::<EpcisValidate>(&params).await?.into_said())
    }
}

async fn validate(
    files: &[PathBuf],
    output: Output,
    check: impl AsyncFn(&[u8]) -> anyhow::Result<Checked>,
) -> anyhow::Result<bool> {
    let progress = progress(files.len());
    let mut reports = Vec::new();
    for file in files {
        let said = check(&read_file(file)?).await.with_context(|| file.display().to_string())?;
        reports.push(About { file, said });
        progress.inc(1);
    }
    progress.finish_and_clear();
    let (files_bad, events): (usize, usize) = reports.iter().fold((0, 0), |(bad, events), report| {
        (bad + usize::from(!report.said.valid), events + report.said.events.len())
    });
    output.show(&reports, |reports| table(&HEADER, rows_checked(reports)))?;
    say(&format!("{} files, {events} events, {files_bad} files with faults", files.len()));
    Ok(files_bad == 0)
}

fn rows_checked(reports: &[About<'_, Checked>]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for About { file, said } in reports {
        let name = file.display().to_string();
        for fault in &said.faults {
            rows.push(row(&name, "–", None, "invalid", Some(fault)));
        }
        for event in &said.events {
            let (index, id) = (event.index.to_string(), event.event_id.as_deref());
            if event.faults.is_empty() {
                rows.push(row(&name, &index, id, &foreseen(event.capture.as_ref()), None));
            }
            for fault in &event.faults {
                rows.push(row(&name, &index, id, "invalid", Some(fault)));
            }
            rows.extend(rows_warned(&name, &index, id, &event.warnings, event.warnings_omitted));
        }
    }
    rows
}

/// What would become of an event without faults.
fn foreseen(capture: Option<&Foreseen>) -> String {
    match capture {
        None => "valid".to_owned(),
        Some(Foreseen::Accepted { anomalies: 0, .. }) => "accepted".to_owned(),
        Some(Foreseen::Accepted { anomalies, .. }) => format!("accepted, {anomalies} anomalies"),
        Some(Foreseen::Duplicate { sequence }) => format!("known as {sequence}"),
        Some(Foreseen::Rejected) => "rejected".to_owned(),
        Some(Foreseen::Withdrawn) => "withdrawn".to_owned(),
    }
}

fn rows_warned(file: &str, index: &str, id: Option<&str>, warnings: &[Fault], omitted: u64) -> Vec<Vec<String>> {
    let mut rows: Vec<_> = warnings.iter().map(|fault| row(file, index, id, "warning", Some(fault))).collect();
    if omitted > 0 {
        rows.push(row(file, index, id, &format!("{omitted} more warnings"), None));
    }
    rows
}

fn row(file: &str, index: &str, id: Option<&str>, verdict: &str, fault: Option<&Fault>) -> Vec<String> {
    let (path, why) = fault.map_or_else(
        || ("–".to_owned(), "–".to_owned()),
        |fault| {
            let place = fault.position.map_or_else(String::new, |at| format!("{}:{} ", at.line, at.column));
            (format!("{place}{}", fault.path), format!("{} ({}) [{}]", fault.reason, fault.hint, fault.rule))
        },
    );
    vec![file.to_owned(), index.to_owned(), or_dash(id), verdict.to_owned(), path, why]
}

/// A bar on stderr for more than a few files, if that is a terminal.
fn progress(files: usize) -> ProgressBar {
    if files < 3 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(u64::try_from(files).ok(), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} files {wide_msg}") {
        bar.set_style(style);
    }
    bar
}
