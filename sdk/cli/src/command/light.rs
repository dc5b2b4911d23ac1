//! `countersign light`.

use crate::arguments::{Follow, Light as Command};
use crate::failure::Usage;
use crate::output::{Output, facts, moment, say};
use crate::session::{Session, now};
use anyhow::Context as _;
use countersign_client::light::{self, Heard, NotFollowed};
use countersign_client::verify::{Conflict, Light, Refusal};
use countersign_client::{Client, verify};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let file = session.root().context(Usage("name the light client's file with --root FILE".to_owned()))?;
    match command {
        Command::Follow(options) => follow(options, file, session, output).await,
        Command::Show { max_age } => {
            let known = light::load(file)?;
            let none = || Usage(format!("there is no {}; `countersign light follow` makes it", file.display()));
            show(&known.ok_or_else(none)?, &[], max_age, output)
        }
    }
}

async fn follow(options: Follow, file: &Path, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let mut light = beginning(&options, file)?;
    let nodes = match options.nodes.as_slice() {
        [] => vec![session.client()?],
        named => named.iter().map(|url| Client::new(url)).collect::<Result<_, _>>()?,
    };
    loop {
        let heard = light::follow(&mut light, &nodes).await;
        light::save(file, &light)?;
        for conflict in heard.iter().filter_map(conflict) {
            say(&format!("CONFLICT kept in {}", light::keep(file, conflict)?.display()));
        }
        let code = show(&light, &heard, options.max_age, output)?;
        let Some(seconds) = options.every else { return Ok(code) };
        tokio::time::sleep(Duration::from_secs(seconds.get())).await;
    }
}

/// The file's light client, or a new one from what the user trusts.
fn beginning(options: &Follow, file: &Path) -> anyhow::Result<Light> {
    let root = [&options.genesis, &options.checkpoint].into_iter().flatten().next();
    match (light::load(file)?, root) {
        (Some(light), None) => Ok(light),
        (Some(_), Some(_)) => {
            let there =
                format!("{} is there and goes on by itself; leave the genesis or checkpoint away", file.display());
            Err(Usage(there).into())
        }
        (None, Some(path)) => {
            let bytes = crate::session::read_file(path)?;
            let trusted = verify::trusted(&bytes).map_err(|cause| Usage(format!("{}: {cause}", path.display())))?;
            Ok(Light::begin(&trusted))
        }
        (None, None) => {
            Err(Usage(format!("there is no {}: begin with --genesis FILE or --checkpoint FILE", file.display())).into())
        }
    }
}

fn conflict(heard: &Heard) -> Option<&Conflict> {
    match &heard.outcome {
        Err(NotFollowed::Refused(Refusal::Conflict(conflict))) => Some(conflict),
        _ => None,
    }
}

/// Shows where the light client stands, and what came of each node. The exit code is bad where no node was followed, where
/// two results conflict, or where the block is too old.
fn show(light: &Light, heard: &[Heard], max_age_s: Option<u64>, output: Output) -> anyhow::Result<ExitCode> {
    let age_s = light.age_s(now()?);
    let is_stale = max_age_s.is_some_and(|max| age_s.is_none_or(|age| age > max));
    let outcome = |heard: &Heard| match &heard.outcome {
        Ok(height) => json!({ "node": heard.node, "height": height }),
        Err(cause) => json!({ "node": heard.node, "refused": cause.to_string() }),
    };
    let told = json!({
        "network": light.network(), "chain": light.chain(), "checkpoint": light.checkpoint(), "ageSeconds": age_s,
        "stale": is_stale, "nodes": heard.iter().map(outcome).collect::<Vec<Value>>(),
    });
    output.show(&told, |_| human(light, age_s, heard))?;
    if is_stale {
        say(
            "STALE: the block is older than --max-age. The network stands still, or no node asked knows or tells of newer blocks.",
        );
    }
    let nobody = !heard.is_empty() && heard.iter().all(|heard| heard.outcome.is_err());
    let is_bad = is_stale || nobody || heard.iter().any(|heard| conflict(heard).is_some());
    Ok(if is_bad { ExitCode::from(crate::failure::REFUSED) } else { ExitCode::SUCCESS })
}

fn human(light: &Light, age_s: Option<u64>, heard: &[Heard]) -> String {
    let mut rows = vec![("network", light.network().to_owned()), ("chain", light.chain().to_string())];
    match light.checkpoint() {
        None => rows.push(("block", "none yet: only the genesis is known".to_owned())),
        Some(tip) => {
            let age = age_s.map_or_else(String::new, |age| format!(", {age} s ago"));
            rows.push(("block", format!("{} {}", tip.height, tip.block)));
            rows.push(("time", format!("{}{age}", moment(tip.time.0))));
        }
    }
    let epoch = light.epoch();
    rows.push(("validators", format!("{} of epoch {}", epoch.validators.count(), epoch.epoch)));
    rows.extend(heard.iter().map(|heard| match &heard.outcome {
        Ok(height) => ("followed", format!("{} to block {height}", heard.node)),
        Err(cause) => ("REFUSED", format!("{}: {cause}", heard.node)),
    }));
    facts(rows)
}
