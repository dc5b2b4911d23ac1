//! `countersign epcis`.

mod hash;
mod query;

use crate::arguments::{CaptureMode, Epcis};
use crate::failure::REFUSED;
use crate::output::{Output, or_dash, say, table};
use crate::session::{Session, read_file};
use countersign_api::method::epcis::{Checked, Fault};
use countersign_client::capture::{self, DocumentReceipt, Mode, Status};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub async fn run(command: Epcis, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let all_good = match command {
        Epcis::Validate { files } => validate(&files, output)?,
        Epcis::Query(wanted) => query::list(wanted, session, output).await?,
        Epcis::Event { id, at } => query::event(id, at, session, output).await?,
        Epcis::Export { which, organisation, output: to } => {
            query::export(which, organisation, &to, session, output).await?
        }
        Epcis::Hash { files, text } => hash::hash(&files, text, output)?,
        Epcis::Capture { files, mode } => {
            let mode = match mode {
                CaptureMode::Rollback => Mode::Rollback,
                CaptureMode::Proceed => Mode::Proceed,
            };
            capture_files(&files, mode, session, output).await?
        }
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

fn validate(files: &[PathBuf], output: Output) -> anyhow::Result<bool> {
    let progress = progress(files.len());
    let mut reports = Vec::new();
    for file in files {
        reports.push(About { file, said: capture::check(&read_file(file)?) });
        progress.inc(1);
    }
    progress.finish_and_clear();
    let (files_bad, events): (usize, usize) = reports.iter().fold((0, 0), |(bad, events), report| {
        (bad + usize::from(!report.said.valid), events + report.said.events.len())
    });
    output.show(&reports, |reports| {
        table(&["file", "event", "event id", "verdict", "where", "why"], rows_checked(reports))
    })?;
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
                rows.push(row(&name, &index, id, "valid", None));
            }
            for fault in &event.faults {
                rows.push(row(&name, &index, id, "invalid", Some(fault)));
            }
            rows.extend(rows_warned(&name, &index, id, &event.warnings, event.warnings_omitted));
        }
    }
    rows
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

async fn capture_files(files: &[PathBuf], mode: Mode, session: &Session, output: Output) -> anyhow::Result<bool> {
    // Files that cannot be read are found before anything is sent.
    let contents: Vec<Vec<u8>> = files.iter().map(|file| read_file(file)).collect::<Result<_, _>>()?;
    let signer = session.signer().await?;
    let contract = session.provenance_address(signer.client()).await?;
    let progress = progress(files.len());
    let mut reports = Vec::new();
    let mut broken = None;
    for (file, bytes) in files.iter().zip(contents) {
        progress.set_message(file.display().to_string());
        match capture::capture(&signer, contract, &bytes, mode, |_| {}).await {
            Ok(said) => reports.push(About { file, said }),
            Err(error) => {
                broken = Some(anyhow::Error::from(error).context(format!("{}", file.display())));
                break;
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    // Receipts of what was done come out even where the rest could not be.
    output.show(&reports, |reports| {
        table(&["file", "event", "event id", "verdict", "where", "why"], rows_captured(reports))
    })?;
    let count = |of: fn(&DocumentReceipt) -> usize| reports.iter().map(|report| of(&report.said)).sum::<usize>();
    let (accepted, duplicate, rejected) =
        (count(|said| said.accepted), count(|said| said.duplicate), count(|said| said.rejected));
    let transactions = count(|said| said.transactions.len());
    say(&format!(
        "{} files: {accepted} accepted, {duplicate} known before, {rejected} rejected; {transactions} transactions",
        reports.len()
    ));
    match broken {
        Some(error) => Err(error),
        None => Ok(reports.iter().all(|report| report.said.rejected == 0 && report.said.faults.is_empty())),
    }
}

fn rows_captured(reports: &[About<'_, DocumentReceipt>]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for About { file, said } in reports {
        let name = file.display().to_string();
        for fault in &said.faults {
            rows.push(row(&name, "–", None, "rejected", Some(fault)));
        }
        for event in &said.events {
            let (verdict, fault) = match &event.status {
                Status::Accepted { sequence, anomalies: 0, .. } => (format!("accepted as {sequence}"), None),
                Status::Accepted { sequence, anomalies, .. } => {
                    (format!("accepted as {sequence}, {anomalies} anomalies"), None)
                }
                Status::Duplicate { sequence, .. } => (format!("known as {sequence}"), None),
                Status::Rejected(fault) => ("rejected".to_owned(), Some(fault)),
                Status::Withdrawn => ("withdrawn".to_owned(), None),
                Status::Unsent => ("not sent".to_owned(), None),
            };
            let (index, id) = (event.index.to_string(), event.event_id.as_deref());
            rows.push(row(&name, &index, id, &verdict, fault));
            rows.extend(rows_warned(&name, &index, id, &event.warnings, event.warnings_omitted));
        }
    }
    rows
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
