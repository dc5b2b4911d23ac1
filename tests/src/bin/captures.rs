//! `make bench-captures`: how many events of each industry four validators on this machine capture in a second.
//!
//! Several clients each sign a transaction of so many events, wait for its certified receipt and go on with the next, as
//! those do that send documents. The load generator shares the cores with the validators, and events of different industries
//! name very different numbers of things, so the things that were named are told beside the events.

use anyhow::{Context as _, ensure};
use clap::Parser;
use countersign_client::capture::{self, Mode};
use countersign_client::{Signer, contract};
use countersign_epcis::Event;
use countersign_tests::built;
use countersign_tests::chains::Profile;
use countersign_tests::cluster::{Cluster, contract_module};
use countersign_types::Address;
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Captures events of industries through four validators of its own.
#[derive(Debug, Parser)]
struct Flags {
    /// Whose events
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Profile::Food, Profile::Pharma, Profile::Seafood, Profile::Batteries, Profile::Iot])]
    profile: Vec<Profile>,
    /// Events to a transaction, fewer where their bytes are many
    #[arg(long, value_delimiter = ',', default_values_t = [1usize, 100, 500])]
    batch: Vec<usize>,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Transactions that wait for their receipts at a time
    #[arg(long, default_value_t = 16)]
    in_flight: u64,
    /// Writes the figures here as well, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

const PROVENANCE: &str = "org0/provenance";
const VALIDATORS: u16 = 4;
/// Gas of a transaction, for each event, each thing that it names and each byte: several times what is used.
const EVENT_GAS: u64 = 10_000_000;
const BYTE_GAS: u64 = 5_000;

/// What was captured in one measurement.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Captured {
    profile: &'static str,
    batch: usize,
    transactions: u64,
    events: u64,
    things: u64,
    bytes: u64,
    seconds: f64,
    p50_ms: f64,
    p99_ms: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let mut all = Vec::new();
    println!("| events | to a transaction | events/s | things named/s | transactions/s | receipt p50 / p99 ms |");
    println!("|---|---|---|---|---|---|");
    for profile in &flags.profile {
        for batch in &flags.batch {
            let captured = measure(*profile, *batch, &flags).await?;
            let rate = |count: u64| count as f64 / captured.seconds;
            println!(
                "| {} | {batch} | {:.0} | {:.0} | {:.1} | {:.0} / {:.0} |",
                profile.word(),
                rate(captured.events),
                rate(captured.things),
                rate(captured.transactions),
                captured.p50_ms,
                captured.p99_ms
            );
            all.push(captured);
        }
    }
    if let Some(path) = &flags.json {
        std::fs::write(path, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

/// A network of its own, so that each measurement begins with an empty ledger.
async fn measure(profile: Profile, batch: usize, flags: &Flags) -> anyhow::Result<Captured> {
    let directory = tempfile::Builder::new().prefix("countersign-captures-").tempdir()?;
    let cluster = Cluster::start(directory.path(), VALIDATORS, &["--name", "captures"]).await?;
    let admin = cluster.signer("org0/admin", 0).await?;
    let code = contract_module("provenance")?;
    let (address, deployed) = contract::deploy(&admin, PROVENANCE, code, &Value::Null, None).await?;
    ensure!(deployed.receipt.succeeded(), "the contract was not deployed");
    let until = Instant::now() + Duration::from_secs(flags.seconds);
    let begun = Instant::now();
    let mut clients = Vec::new();
    for seed in 0..flags.in_flight {
        let through = u16::try_from(seed % u64::from(VALIDATORS))?;
        let signer = cluster.signer("org1/erp", through).await?;
        clients.push(tokio::spawn(client(signer, address, profile, seed, batch, until)));
    }
    let (mut captured, mut times) = (Captured { profile: profile.word(), batch, ..Captured::default() }, Vec::new());
    for client in clients {
        let (more, taken) = client.await??;
        captured.transactions += more.transactions;
        captured.events += more.events;
        captured.things += more.things;
        captured.bytes += more.bytes;
        times.extend(taken);
    }
    captured.seconds = begun.elapsed().as_secs_f64();
    (captured.p50_ms, captured.p99_ms) = built::quantiles(&mut times);
    Ok(captured)
}

/// One client: a transaction after the other.
async fn client(
    signer: Signer,
    contract: Address,
    profile: Profile,
    seed: u64,
    batch: usize,
    until: Instant,
) -> anyhow::Result<(Captured, Vec<Duration>)> {
    let (mut captured, mut times) = (Captured::default(), Vec::new());
    let mut events = profile.events(seed).peekable();
    while Instant::now() < until && events.peek().is_some() {
        let (mut some, mut bytes, mut things) = (Vec::new(), 0usize, 0u64);
        while let Some(event) =
            events.next_if(|_| some.len() < batch && (some.is_empty() || bytes < built::BATCH_BYTES))
        {
            things += named(&event);
            let encoded = event.canonical_bytes();
            bytes += encoded.len();
            some.push(encoded);
        }
        let (count, bytes) = (some.len() as u64, bytes as u64);
        let gas = count * EVENT_GAS + bytes * BYTE_GAS;
        let most = signer.parameters().transaction_gas_max.0;
        let begun = Instant::now();
        let signed = signer.sign(capture::call_payload(contract, some, Mode::Rollback), Some(gas.min(most)))?;
        signer.submit(&signed).await.context("a transaction was refused")?;
        let receipt = signer.wait(&signed).await?;
        ensure!(receipt.succeeded(), "not captured: {receipt:?}");
        times.push(begun.elapsed());
        captured.transactions += 1;
        captured.events += count;
        captured.things += things;
        captured.bytes += bytes;
    }
    Ok((captured, times))
}

fn named(event: &Event) -> u64 {
    event.subjects().count() as u64
}
