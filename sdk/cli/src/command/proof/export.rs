//! `countersign proof export`.

use super::write;
use crate::arguments::{Export, ExportWhat, ItemQuery};
use crate::failure::Usage;
use crate::output::{Output, facts, moment, say};
use crate::session::Session;
use countersign_api::method::proof::{
    GetEventParams, GetLogParams, GetStateParams, GetTraceParams, GetTxParams, LogRef, ProofGetEvent, ProofGetLog,
    ProofGetState, ProofGetTrace, ProofGetTx,
};
use countersign_api::method::state::Key;
use countersign_client::Client;
use countersign_client::verify::Proof;
use serde_json::json;
use std::process::ExitCode;

pub async fn run(options: Export, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let file = options.output.clone();
    let (proof, next) = fetch(options, session).await?;
    let text = serde_json::to_vec(&proof)?;
    write(&file, &text)?;
    let (certified, shown) = (&proof.anchor.header, proof.shown_at());
    let told = json!({
        "file": file, "bytes": text.len(), "kind": proof.subject.kind(), "height": shown.height, "time": shown.time,
        "certifiedHeight": certified.height, "nextCursor": next,
    });
    output.show(&told, |_| {
        let mut rows = vec![
            ("file", format!("{} ({} bytes)", file.display(), text.len())),
            ("kind", proof.subject.kind().to_owned()),
            ("as of", format!("block {} at {}", shown.height, moment(shown.time.0))),
            ("certified", format!("block {} at {}", certified.height, moment(certified.time.0))),
        ];
        if let Some(cursor) = &next {
            rows.push(("next page", format!("--cursor {cursor}")));
        }
        facts(rows)
    })?;
    say("Whoever has the network's genesis file verifies it with `countersign proof verify FILE --genesis GENESIS`.");
    Ok(ExitCode::SUCCESS)
}

/// The proof, and where the next page of a log begins.
async fn fetch(options: Export, session: &Session) -> anyhow::Result<(Proof, Option<String>)> {
    let client = session.client()?;
    let Export { what, query, arguments, at, limit, cursor, .. } = options;
    let is_log = what.log.is_some() || query == ItemQuery::Log;
    if !is_log && (limit.is_some() || cursor.is_some()) {
        return Err(Usage("--limit and --cursor are for pages of a log: --log KEY, or ITEM --query log".into()).into());
    }
    let key = match what {
        ExportWhat { tx: Some(id), .. } => {
            return Ok((
                client.unverified().call_again::<ProofGetTx>(&GetTxParams { id }).await?.into_said().proof,
                None,
            ));
        }
        ExportWhat { event: Some(place), .. } => {
            let params = GetEventParams { height: place.height, index: place.index };
            return Ok((client.unverified().call_again::<ProofGetEvent>(&params).await?.into_said().proof, None));
        }
        ExportWhat { item: Some(item), .. } => match query {
            ItemQuery::Trace(query) => {
                let contract = Some(session.provenance(&client).await?);
                let arguments = arguments.into_iter().collect();
                let params = GetTraceParams { arguments, ..GetTraceParams::whole(contract, query, item, at) };
                return Ok((client.unverified().call_again::<ProofGetTrace>(&params).await?.into_said().proof, None));
            }
            ItemQuery::Log => return page(&client, session, LogRef::Item(item), at, limit, cursor).await,
        },
        ExportWhat { log: Some(key), .. } => return page(&client, session, LogRef::Key(key), at, limit, cursor).await,
        ExportWhat { storage: Some(key), .. } => {
            let contract = session.provenance_address(&client).await?;
            Key::Storage { contract, key }
        }
        ExportWhat { account: Some(id), .. } => Key::Account(id.to_string()),
        ExportWhat { state: Some(key), .. } => Key::Raw(key),
        ExportWhat { .. } => return Err(Usage("say what to export; --help lists it".to_owned()).into()),
    };
    let params = GetStateParams { keys: vec![key], at };
    Ok((client.unverified().call_again::<ProofGetState>(&params).await?.into_said().proof, None))
}

async fn page(
    client: &Client,
    session: &Session,
    log: LogRef,
    at: countersign_api::At,
    limit: Option<u32>,
    cursor: Option<String>,
) -> anyhow::Result<(Proof, Option<String>)> {
    let contract = Some(session.provenance(client).await?);
    let params = GetLogParams { contract, log, at, limit, cursor };
    let answer = client.unverified().call_again::<ProofGetLog>(&params).await?.into_said();
    Ok((answer.proof, answer.next_cursor))
}
