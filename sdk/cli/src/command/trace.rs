//! `countersign trace`.

use crate::arguments::{History, Item, Trace as Command};
use crate::failure::Usage;
use crate::output::{Output, facts, moment, or_dash, say, table};
use crate::session::Session;
use countersign_api::method::trace::{HistoryParams, Trace, TraceBack, TraceForward, TraceParams};
use countersign_api::trace::{of_history, of_lineage};
use countersign_api::{Method, Read};
use countersign_client::verify::{Answer, Query};
use countersign_client::{Auditor, Verified};
use serde_json::json;
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    if let Some(auditor) = session.auditor()? {
        return verified(command, &auditor, session, output).await;
    }
    let read = match command {
        Command::History(wanted) => history(wanted, session).await?,
        Command::Back(item) => ask::<TraceBack>(item, session).await?,
        Command::Forward(item) => ask::<TraceForward>(item, session).await?,
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
async fn verified(command: Command, auditor: &Auditor, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let (query, item) = match command {
        Command::History(History { cursor: Some(_), .. }) => {
            return Err(
                Usage("--cursor is for answers that are not verified: a verified history is whole".into()).into()
            );
        }
        Command::History(History { item, .. }) => (Query::History, item),
        Command::Back(item) => (Query::Back, item),
        Command::Forward(item) => (Query::Forward, item),
    };
    let verified = auditor.trace(session.named_contract()?, query, &item.id, item.at).await?;
    let trace = match verified.data().clone() {
        Answer::History(history) => of_history(history),
        Answer::Lineage(lineage) => of_lineage(lineage),
    };
    let told = json!({
        "data": trace, "height": verified.height(), "blockHash": verified.block(), "basis": verified.basis(),
    });
    output.show(&told, |_| {
        let mut rows = verified_as_of(&verified);
        rows.extend(verified.basis().sentences().into_iter().map(|reason| ("rests on", reason)));
        format!("{}\n{}", human(&trace), facts(rows))
    })?;
    Ok(ExitCode::SUCCESS)
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
    Ok(countersign_client::history(&client, params, limit).await?.into_said())
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
        parts.push(format!("CUT SHORT: there is more than the contract answers (bound: {bound})."));
    }
    if let Some(cursor) = &trace.next_cursor {
        parts.push(format!("MORE FOLLOWS: raise --limit, or go on with --cursor {cursor}"));
    }
    parts.join("\n")
}
