//! `countersign report`.

mod product;

use super::trace::verified_as_of;
use crate::arguments::{HowToReport, Report as Command};
use crate::failure::Usage;
use crate::output::{Output, facts, line, moment, say, table};
use crate::session::Session;
use crate::sheet::{self, Kind};
use countersign_api::method::proof::{GetTraceParams, ProofGetTrace};
use countersign_api::method::report::{
    Fsma204Params, ItemParams, PassportParams, Report, ReportDscsa, ReportEudr, ReportFsma204, ReportPassport,
    ReportRecall,
};
use countersign_api::report::of_sheet;
use countersign_api::{At, Read};
use countersign_client::Client;
use countersign_client::verify::{Answer, Question};
use countersign_epcis::report::{Period, Report as Which};
use countersign_epcis::time::utc;
use countersign_epcis::{Identifier, Time};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let (question, how) = asked(command)?;
    let kind = how.output.as_deref().map(Kind::of).transpose()?;
    let (made, questions) = match product::asked(&question) {
        Some((product, period)) => product::sheet(product, period, how.at, session).await?,
        None => (make(&question, how.at, session).await?, vec![question]),
    };
    match (&how.output, kind) {
        (Some(file), Some(kind)) => written(&made, file, kind, &questions, session, output).await?,
        _ if how.csv => {
            let bytes = sheet::bytes(&made.report, Kind::Csv, &made.as_of)?;
            line(String::from_utf8_lossy(&bytes).trim_end());
        }
        _ => output.show(&made.report, |report| format!("{}\n{}", human(report), facts(made.rows.clone())))?,
    }
    if session.root().is_none() {
        say("This is what the node says. With --root FILE it is verified first.");
    }
    Ok(ExitCode::SUCCESS)
}

/// A report, and as of when it is.
struct Made {
    report: Report,
    as_of: String,
    height: At,
    rows: Vec<(&'static str, String)>,
}

/// The report that answers a question.
async fn make(question: &Question, at: At, session: &Session) -> anyhow::Result<Made> {
    // Found again here from what the node proves.
    let Some(auditor) = session.auditor()? else { return said(question, at, session).await };
    let verified = auditor.trace(session.named_contract()?, question, at).await?;
    let report = report_of(verified.data().clone())?;
    let as_of = format!("block {} at {}, verified", verified.height(), moment(verified.time().0));
    Ok(Made { report, as_of, height: At::Height(verified.height()), rows: verified_as_of(&verified) })
}

fn asked(command: Command) -> Result<(Question, HowToReport), Usage> {
    let id = |text: &str| Identifier::parse(text).map_err(|cause| Usage(format!("`{text}`: {cause}")));
    Ok(match command {
        Command::Fsma204 { lot, from, to, how } => {
            let ms = |time: Option<Time>| time.map(|time| time.ms());
            (Question::Report(id(&lot)?, Which::Fsma204(Period { from_ms: ms(from), to_ms: ms(to) })), how)
        }
        Command::Dscsa { item, how } => (Question::Report(id(&item)?, Which::Dscsa), how),
        Command::Recall { item, how } => (Question::Report(id(&item)?, Which::RecallLetter), how),
        Command::Passport { item, tier, how } => (Question::Report(id(&item)?, Which::Passport(tier.into())), how),
        Command::Eudr { item, how } => (Question::Report(id(&item)?, Which::Eudr), how),
    })
}

/// What the node says.
async fn said(question: &Question, at: At, session: &Session) -> anyhow::Result<Made> {
    let client = session.client()?;
    let contract = Some(session.provenance(&client).await?);
    let client = client.unverified();
    let item = question.item().to_owned();
    let read: Read<Report> = match question {
        Question::Report(_, Which::Fsma204(Period { from_ms, to_ms })) => {
            let params = Fsma204Params { lot: item, from: from_ms.map(utc), to: to_ms.map(utc), contract, at };
            client.call_again::<ReportFsma204>(&params).await?.into_said()
        }
        Question::Report(_, Which::Dscsa) => {
            client.call_again::<ReportDscsa>(&ItemParams { item, contract, at }).await?.into_said()
        }
        Question::Report(_, Which::RecallLetter) => {
            client.call_again::<ReportRecall>(&ItemParams { item, contract, at }).await?.into_said()
        }
        Question::Report(_, Which::Passport(tier)) => {
            let params = PassportParams { item, tier: (*tier).into(), contract, at };
            client.call_again::<ReportPassport>(&params).await?.into_said()
        }
        _ => client.call_again::<ReportEudr>(&ItemParams { item, contract, at }).await?.into_said(),
    };
    let as_of = format!("block {} {}", read.height, read.block_hash);
    let rows = vec![("as of", as_of.clone())];
    Ok(Made { report: read.data, as_of, height: At::Height(read.height), rows })
}

fn report_of(answer: Answer) -> anyhow::Result<Report> {
    match answer {
        Answer::Report(sheet) => Ok(of_sheet(sheet)),
        _ => anyhow::bail!("the proof answers another question"),
    }
}

/// Writes the report, and beside it the files that prove it, as of the same block: one for each question it answers.
async fn written(
    made: &Made,
    file: &Path,
    kind: Kind,
    questions: &[Question],
    session: &Session,
    output: Output,
) -> anyhow::Result<()> {
    let sheet = sheet::bytes(&made.report, kind, &made.as_of)?;
    let client: Client = session.client()?;
    let contract = Some(session.provenance(&client).await?);
    let mut proofs = Vec::with_capacity(questions.len());
    // The proofs first: a report without one is not left behind where it is refused.
    for (number, question) in (1..).zip(questions) {
        let params = GetTraceParams::of(contract.clone(), question, made.height);
        let answer = client.unverified().call_again::<ProofGetTrace>(&params).await?.into_said();
        let path = proof_path(file, (questions.len() > 1).then_some(number));
        write(&path, &serde_json::to_vec(&answer.proof)?)?;
        proofs.push(path);
    }
    write(file, &sheet)?;
    let proof = proofs.first().cloned().unwrap_or_default();
    let told = json!({
        "file": file, "proof": proof, "proofs": proofs, "rows": made.report.rows.len(), "complete": made.report.complete,
        "notes": made.report.notes,
    });
    output.show(&told, |_| {
        let mut rows = vec![("report", format!("{} ({} rows)", file.display(), made.report.rows.len()))];
        rows.extend(proofs.iter().map(|proof| ("proof", proof.display().to_string())));
        rows.extend(made.rows.clone());
        format!("{}{}", facts(rows), remarks(&made.report))
    })?;
    say("Whoever has the network's genesis file verifies it with `countersign proof verify FILE --genesis GENESIS`.");
    Ok(())
}

/// `origin.xlsx` → `origin.xlsx.proof.json`, or with a number `origin.xlsx.1.proof.json`.
fn proof_path(file: &Path, number: Option<usize>) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(number.map(|number| format!(".{number}")).unwrap_or_default());
    name.push(".proof.json");
    PathBuf::from(name)
}

fn write(to: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(to, bytes).map_err(|error| Usage(format!("cannot write {}: {error}", to.display())).into())
}

/// A report for people.
pub fn human(report: &Report) -> String {
    let about = facts([("report", report.title.clone()), ("item", report.canonical.clone())]);
    let body = if report.rows.is_empty() {
        "Nothing that belongs into it is recorded.".to_owned()
    } else {
        // Columns that no row fills say nothing on a screen; files have all of them.
        let header = sheet::header(report);
        let rows: Vec<Vec<String>> = sheet::rows(report).collect();
        let is_filled = |at: usize| rows.iter().any(|row| row.get(at).is_some_and(|cell| !cell.is_empty()));
        let filled: Vec<usize> = (0..header.len()).filter(|at| is_filled(*at)).collect();
        let titles: Vec<&str> = filled.iter().filter_map(|at| header.get(*at).copied()).collect();
        let cells = rows.iter().map(|row| filled.iter().filter_map(|at| row.get(*at).cloned()).collect());
        table(&titles, cells)
    };
    format!("{about}\n{body}{}", remarks(report))
}

fn remarks(report: &Report) -> String {
    let cut =
        report.truncated.as_ref().map(|bound| format!("CUT SHORT: there is more than one answer holds ({bound})."));
    report.notes.iter().cloned().chain(cut).map(|remark| format!("\n{remark}")).collect()
}
