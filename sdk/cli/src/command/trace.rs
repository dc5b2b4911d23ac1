//! `countersign trace`.

mod told;

pub use told::human as told;

use crate::arguments::{History, Item, Trace as Command};
use crate::failure::Usage;
use crate::output::{Output, facts, moment, or_dash, say, table};
use crate::session::Session;
use anyhow::{Context as _, bail};
use countersign_api::method::trace::{HistoryParams, Trace, TraceBack, TraceForward, TraceParams};
use countersign_api::trace::{of_history_page, of_lineage};
use countersign_api::{Method, Read};
use countersign_client::verify::{Answer, Question};
use countersign_client::{Auditor, HistoryPages, Verified};
use countersign_types::Height;
use countersign_types::proof::HistoryPlace;
use serde_json::json;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::str::FromStr;
use told::Asker;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let asker = Asker { session, output };
    match command {
        Command::History(wanted) => walked(Walked::History(wanted), session, output).await,
        Command::Back(item) => walked(Walked::Back(item), session, output).await,
        Command::Forward(item) => walked(Walked::Forward(item), session, output).await,
        Command::Recall(wanted) => asker.recall(wanted).await,
        Command::Contents(wanted) => asker.contents(wanted).await,
        Command::Holder(wanted) => asker.holder(wanted).await,
        Command::Balance(item) => asker.balance(item).await,
        Command::Excursions(wanted) => asker.excursions(wanted).await,
        Command::Audit(event) => asker.audit(event).await,
        Command::Verify(wanted) => asker.verify(wanted).await,
        Command::Anomalies(wanted) => asker.anomalies(wanted).await,
    }
}

/// The questions that are answered with a trace.
enum Walked {
    History(History),
    Back(Item),
    Forward(Item),
}

async fn walked(wanted: Walked, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    if let Some(auditor) = session.auditor()? {
        return verified(wanted, &auditor, session, output).await;
    }
    let read = match wanted {
        Walked::History(wanted) => history(wanted, session).await?,
        Walked::Back(item) => ask::<TraceBack>(item, session).await?,
        Walked::Forward(item) => ask::<TraceForward>(item, session).await?,
    };
    output.show(&read, |read| {
        let block = facts([("as of", format!("block {} {}", read.height, read.block_hash))]);
        format!("{}\n{block}", human(&read.data))
    })?;
    say(
        "This is what the node says. With --root FILE it is verified first; `countersign proof export` makes a file that proves it.",
    );
    Ok(ExitCode::SUCCESS)
}

/// The whole answer, found again here from what the node proves.
async fn verified(wanted: Walked, auditor: &Auditor, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let (word, item) = match wanted {
        Walked::History(wanted) => return verified_history(wanted, auditor, session, output).await,
        Walked::Back(item) => ("back", item),
        Walked::Forward(item) => ("forward", item),
    };
    let question = Question::of(word, &item.id)?;
    let verified = auditor.trace(session.named_contract()?, &question, item.at).await?;
    let Answer::Lineage(lineage) = verified.data().clone() else { bail!("the answer is to another question") };
    let trace = of_lineage(lineage);
    show_verified(&trace, &verified, output)
}

fn show_verified<T>(trace: &Trace, verified: &Verified<T>, output: Output) -> anyhow::Result<ExitCode> {
    let told = json!({
        "data": trace, "height": verified.height(), "blockHash": verified.block(), "basis": verified.basis(),
    });
    output.show(&told, |_| {
        let mut rows = verified_as_of(verified);
        rows.extend(verified.basis().sentences().into_iter().map(|reason| ("rests on", reason)));
        format!("{}\n{}", human(trace), facts(rows))
    })?;
    Ok(ExitCode::SUCCESS)
}

/// As many events as are wanted, page by page, each verified before the next is asked for.
async fn verified_history(
    wanted: History,
    auditor: &Auditor,
    session: &Session,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let History { item, limit, cursor } = wanted;
    let contract = session.named_contract()?;
    let mut pages = auditor.history(contract, &item.id, item.at, limit);
    if let Some(cursor) = cursor {
        let Place { height, after } = cursor.parse()?;
        pages = pages.after(height, after);
    }
    let first = pages.next().await?.context("there is a first page")?;
    let mut trace = of_history_page(first.data().history.clone(), place(&pages));
    let events = |trace: &Trace| u32::try_from(trace.events.len()).unwrap_or(u32::MAX);
    while let Some(left) = NonZeroU32::new(limit.get().saturating_sub(events(&trace))) {
        pages.limit(left);
        let Some(page) = pages.next().await? else { break };
        trace.append(of_history_page(page.into_data().history, place(&pages)));
    }
    show_verified(&trace, &first, output)
}

/// Where a verified history goes on, as the user gives it back.
fn place(pages: &HistoryPages<'_>) -> Option<String> {
    pages.place().map(|(height, after)| Place { height, after }.to_string())
}

/// The height that a history is as of, and its last event that was shown.
struct Place {
    height: Height,
    after: HistoryPlace,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.height, self.after.time_ms, self.after.sequence)
    }
}

impl FromStr for Place {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Self, Usage> {
        let read = || {
            let [height, time_ms, sequence] = text.split(':').collect::<Vec<_>>().try_into().ok()?;
            let after = HistoryPlace { time_ms: time_ms.parse().ok()?, sequence: sequence.parse().ok()? };
            Some(Self { height: Height(height.parse().ok()?), after })
        };
        read().ok_or_else(|| {
            Usage(format!(
                "`{text}` is no cursor of a verified history: HEIGHT:TIME:RECORD, as the answer before ended with"
            ))
        })
    }
}

/// As of which block something is verified, as rows of facts.
pub fn verified_as_of<T>(verified: &Verified<T>) -> Vec<(&'static str, String)> {
    vec![
        ("VERIFIED", format!("as of block {} at {}", verified.height(), moment(verified.time().0))),
        ("block", verified.block().to_string()),
    ]
}

async fn history(wanted: History, session: &Session) -> anyhow::Result<Read<Trace>> {
    let History { item, limit, cursor } = wanted;
    let client = session.client()?;
    let contract = Some(session.provenance(&client).await?);
    let params = HistoryParams { cursor, ..HistoryParams::first(item.id, contract, item.at) };
    Ok(countersign_client::history(&client, params, limit.get()).await?.into_said())
}

async fn ask<M>(item: Item, session: &Session) -> anyhow::Result<Read<Trace>>
where
    M: Method<Params = TraceParams, Answer = Read<Trace>>,
{
    let client = session.client()?;
    let contract = Some(session.provenance(&client).await?);
    Ok(client.unverified().call_again::<M>(&TraceParams { epc: item.id, contract, at: item.at }).await?.into_said())
}

/// A trace for people.
pub fn human(trace: &Trace) -> String {
    let mut parts = vec![facts([("item", trace.canonical.clone())])];
    if !trace.events.is_empty() {
        let rows = trace.events.iter().map(|event| {
            vec![
                event.event_time.clone(),
                [Some(event.kind.as_str()), event.action.as_deref()]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(" "),
                or_dash(event.biz_step.as_deref()),
                or_dash(event.biz_location.as_deref().or(event.read_point.as_deref())),
                or_dash(event.through.as_deref()),
                event.submitter.clone(),
                event.event_id.clone().unwrap_or_else(|| event.hash.to_string()),
            ]
        });
        parts.push(table(&["time", "event", "step", "where", "in", "submitted by", "event id"], rows));
    }
    if !trace.anomalies.is_empty() {
        let rows = trace
            .anomalies
            .iter()
            .map(|anomaly| vec![anomaly.sequence.to_string(), anomaly.rule.clone(), anomaly.reason.clone()]);
        parts.push(table(&["anomaly in record", "rule", "what is wrong"], rows));
    }
    for (title, list) in
        [("places", &trace.locations), ("products", &trace.products), ("containers", &trace.containers)]
    {
        if !list.is_empty() {
            parts.push(table(&[title], list.iter().map(|item| vec![item.clone()])));
        }
    }
    if trace.events.is_empty() && trace.products.is_empty() && trace.containers.is_empty() {
        parts.push("Nothing is recorded about it.".to_owned());
    }
    if let Some(bound) = trace.truncated.as_deref() {
        parts.push(format!("CUT SHORT: there is more than one answer holds (bound: {bound})."));
    }
    if let Some(cursor) = &trace.next_cursor {
        parts.push(format!("MORE FOLLOWS: raise --limit, or go on with --cursor {cursor}"));
    }
    parts.join("\n")
}
