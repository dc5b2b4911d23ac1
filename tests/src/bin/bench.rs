//! `make bench`: load against a network of its own, on this machine.
//!
//! Four validators and the load generator share the machine, and figures vary between machines, so
//! each run begins with the reference: how many signatures these cores verify. Compare ratios.

use anyhow::{Context as _, ensure};
use clap::Parser;
use countersign_tests::cluster::{Cluster, contract_module, program};
use serde_json::Value;
use std::process::Command;

/// Load against four validators of its own.
#[derive(Debug, Parser)]
struct Flags {
    /// Seconds of each measurement
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Number of validators
    #[arg(long, default_value_t = 4)]
    validators: u16,
    /// Keys that sign, in turn
    #[arg(long, default_value_t = 64)]
    signers: u32,
    /// Transactions that wait for finality at a time
    #[arg(long, default_value_t = 2_000)]
    in_flight: u32,
}

const PROVENANCE: &str = "org0/provenance";
const COUNTER: &str = "org0/counter";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let directory = tempfile::Builder::new().prefix("countersign-bench-").tempdir()?;
    let mut cluster = Cluster::start(directory.path(), flags.validators, &["--name", "bench"]).await?;
    let signer = cluster.signer("org0/admin", 0).await?;
    for (name, module) in [(PROVENANCE, "provenance"), (COUNTER, "counter")] {
        let code = contract_module(module)?;
        let (address, _) = countersign_client::contract::deploy(&signer, name, code, &Value::Null, None).await?;
        println!("{name} at {address}");
    }
    let call = ["--kind", "call", "--target", COUNTER, "--method", "add", "--args", r#"{"n":1}"#];
    let in_flight = flags.in_flight.to_string();
    run(&cluster, &flags, "small contract calls, closed loop", &[&call[..], &["--in-flight", &in_flight]].concat())?;
    run(&cluster, &flags, "small contract calls, 200 a second", &[&call[..], &["--rate", "200"]].concat())?;
    run(
        &cluster,
        &flags,
        "one EPCIS event a transaction, closed loop",
        &["--kind", "event", "--in-flight", &in_flight],
    )?;
    run(
        &cluster,
        &flags,
        "100 EPCIS events a transaction, closed loop",
        &["--kind", "batch", "--batch", "100", "--in-flight", "32"],
    )?;
    one_silent(&mut cluster, &flags, &[&call[..], &["--in-flight", &in_flight]].concat())
}

/// What is left when one validator says nothing more. The load goes to the others both times. All share the cores, so
/// the others also win what it does not use.
fn one_silent(cluster: &mut Cluster, flags: &Flags, arguments: &[&str]) -> anyhow::Result<()> {
    println!("\n== small contract calls, closed loop, with all validators and with one of them silent");
    let nodes = cluster.count() - 1;
    let all = rate(&mut command(cluster, flags, nodes)?, arguments)?;
    cluster.pause(nodes, true)?;
    let rest = rate(&mut command(cluster, flags, nodes)?, arguments)?;
    cluster.pause(nodes, false)?;
    println!("{all:.0} a second with all, {rest:.0} with one silent: {:.0} %", 100.0 * rest / all);
    Ok(())
}

/// Committed transactions per second.
fn rate(command: &mut Command, arguments: &[&str]) -> anyhow::Result<f64> {
    let output = command.arg("--json").args(arguments).output()?;
    ensure!(output.status.success(), "the measurement failed: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    report.get("transactionsPerSecond").and_then(serde_json::Value::as_f64).context("the report says no rate")
}

fn run(cluster: &Cluster, flags: &Flags, title: &str, arguments: &[&str]) -> anyhow::Result<()> {
    println!("\n== {title}");
    ensure!(command(cluster, flags, cluster.count())?.args(arguments).status()?.success(), "the measurement failed");
    let peaks: Vec<String> = (0..cluster.count())
        .map(|node| cluster.peak_memory_mib(node).map_or_else(|| "?".to_owned(), |mib| mib.to_string()))
        .collect();
    println!("most memory that each validator has held so far: {} MiB", peaks.join(", "));
    Ok(())
}

/// A measurement that submits to so many of the validators.
fn command(cluster: &Cluster, flags: &Flags, nodes: u16) -> anyhow::Result<Command> {
    let mut command = Command::new(program("countersign")?);
    command.args(["--rpc", &cluster.url(0), "--contract", PROVENANCE, "--key"]).arg(cluster.key("org0/admin"));
    command.args(["bench", "--duration", &flags.seconds.to_string(), "--signers", &flags.signers.to_string()]);
    for node in 1..nodes {
        command.args(["--node", &cluster.url(node)]);
    }
    Ok(command)
}
