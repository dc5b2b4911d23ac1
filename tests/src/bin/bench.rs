//! `make bench`: load against a network of its own, on this machine.
//!
//! Four validators and the load generator share the machine, and figures vary between machines, so
//! each run begins with the reference: how many signatures these cores verify. Compare ratios.

use anyhow::ensure;
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
    let cluster = Cluster::start(directory.path(), flags.validators, &["--name", "bench"]).await?;
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
    )
}

fn run(cluster: &Cluster, flags: &Flags, title: &str, arguments: &[&str]) -> anyhow::Result<()> {
    println!("\n== {title}");
    let mut command = Command::new(program("countersign")?);
    command.args(["--rpc", &cluster.url(0), "--contract", PROVENANCE, "--key"]).arg(cluster.key("org0/admin"));
    command.args(["bench", "--duration", &flags.seconds.to_string(), "--signers", &flags.signers.to_string()]);
    for node in 1..cluster.count() {
        command.args(["--node", &cluster.url(node)]);
    }
    ensure!(command.args(arguments).status()?.success(), "the measurement failed");
    Ok(())
}
