//! `countersign proof`.

use super::trace;
use crate::arguments::Proof as Command;
use crate::failure::{REFUSED, Usage};
use crate::output::{Output, facts, moment, say, table};
use crate::session::{Session, read_file};
use anyhow::Context as _;
use countersign_api::method::proof::{GetTraceParams, ProofGetTrace, Query};
use countersign_client::Verified;
use countersign_client::verify::{self, Finding};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Export { id, query, output: file } => export(id, query, &file, session, output).await,
        Command::Verify { file, genesis, max_age } => verify_file(&file, &genesis, max_age, output),
    }
}

async fn export(
    item: String,
    query: Query,
    file: &Path,
    session: &Session,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let client = session.client()?;
    let contract = Some(session.provenance(&client).await?);
    let answer = client.call_again::<ProofGetTrace>(&GetTraceParams { contract, query, item }).await?;
    let text = serde_json::to_vec(&answer.proof)?;
    std::fs::write(file, &text).map_err(|error| Usage(format!("cannot write {}: {error}", file.display())))?;
    let header = &answer.proof.anchor.header;
    let told = json!({
        "file": file, "bytes": text.len(), "height": header.height, "time": header.time,
        "entries": answer.proof.entries.len(), "logs": answer.proof.logs.len(),
    });
    output.show(&told, |_| {
        facts([
            ("file", format!("{} ({} bytes)", file.display(), text.len())),
            ("as of", format!("block {} at {}", header.height, moment(header.time.0))),
            ("holds", format!("{} entries, {} logs", answer.proof.entries.len(), answer.proof.logs.len())),
        ])
    })?;
    say("Whoever has the network's genesis file verifies it with `countersign proof verify FILE --genesis GENESIS`.");
    Ok(ExitCode::SUCCESS)
}

fn verify_file(file: &Path, genesis: &Path, max_age: Option<u64>, output: Output) -> anyhow::Result<ExitCode> {
    let about = |path: &Path| path.display().to_string();
    let genesis_bytes = read_file(genesis)?;
    let genesis = verify::genesis(&genesis_bytes).map_err(|error| Usage(format!("{}: {error}", about(genesis))))?;
    let proof = verify::read(&read_file(file)?).with_context(|| about(file))?;
    let verified = verify::verify(&proof, &genesis).with_context(|| about(file))?;
    let age_s = age_s(verified.time().0);
    if max_age.is_some_and(|most| age_s > most) {
        say(&format!("error: {}: the proof is {age_s} s old; ask for a newer one", about(file)));
        return Ok(ExitCode::from(REFUSED));
    }
    let told = json!({ "verified": verified, "network": genesis.network, "ageSeconds": age_s });
    output.show(&told, |_| human(&verified, &genesis.network, age_s, proof.epochs.len()))?;
    Ok(ExitCode::SUCCESS)
}

fn human(verified: &Verified<Finding>, network: &str, age_s: u64, epochs: usize) -> String {
    let signers = match epochs {
        0 => "the validators of the genesis".to_owned(),
        epochs => format!(
            "the validators of epoch {epochs}, whom those of the genesis and of each epoch after it handed over to"
        ),
    };
    let what = match verified.data() {
        Finding::State { entries } => {
            let rows = entries.iter().map(|entry| {
                let value = entry.value.as_ref().map_or("absent".to_owned(), |value| format!("{} bytes", value.len()));
                vec![entry.key.escape_ascii().to_string(), value]
            });
            table(&["state key", "value"], rows)
        }
        Finding::Trace { query, answer, .. } => format!("question    {}\n{}", query.word(), trace::human(answer)),
    };
    let rests = facts([
        ("VERIFIED", format!("as of block {} at {}, {age_s} s ago", verified.height(), moment(verified.time().0))),
        ("network", network.to_owned()),
        ("chain", verified.chain().to_string()),
        ("block", verified.block().to_string()),
        ("rests on", format!("{signers}, a quorum of whom signed this block's result")),
    ]);
    format!("{what}\n{rests}")
}

fn age_s(time_ms: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    now.saturating_sub(time_ms / 1000)
}
