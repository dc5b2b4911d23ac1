//! `join`: how long a node without a ledger takes to join by blocks, and by snapshot, on the same data.
//!
//! Four validators run on this machine, and load goes to them; then one loses its ledger, twice. Absolute times vary
//! between machines: compare the ratio.

use anyhow::{Context as _, ensure};
use clap::Parser;
use countersign_api::method::node::Status;
use countersign_tests::cluster::{COUNTER, Cluster, contract_module, program};
use countersign_types::Height;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What the load writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Load {
    /// EPCIS events: the state grows as the chain does, which is the worst case for a snapshot
    Events,
    /// Calls of a counter: the chain grows, the state does not
    Calls,
}

/// Joining by blocks beside joining by snapshot.
#[derive(Debug, Parser)]
struct Flags {
    /// Seconds of load before
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// What the load writes
    #[arg(long, value_enum, default_value_t = Load::Events)]
    load: Load,
    /// Events in a transaction of such
    #[arg(long, default_value_t = 20)]
    batch: u32,
    /// Blocks from one snapshot to the next
    #[arg(long, default_value_t = 64)]
    interval: u64,
}

const PROVENANCE: &str = "org0/provenance";
/// The validator that joins.
const JOINER: u16 = 3;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let directory = tempfile::Builder::new().prefix("countersign-join-").tempdir()?;
    let mut cluster = Cluster::create(directory.path(), 4, 0, &["--name", "join"])?;
    for node in 0..4 {
        cluster.configure(node, "snapshot", &format!("interval_blocks = {}", flags.interval))?;
        cluster.spawn(node)?;
    }
    for node in 0..4 {
        cluster.ready(node).await?;
    }
    match flags.load {
        Load::Calls => cluster.deploy_counter().await?,
        Load::Events => {
            let signer = cluster.signer("org0/admin", 0).await?;
            let code = contract_module("provenance")?;
            let _ = countersign_client::contract::deploy(&signer, PROVENANCE, code, &Value::Null, None).await?;
        }
    }
    load(&cluster, &flags)?;

    let goal = cluster.until(0, |status| status.certified_height == status.final_height).await?.certified_height;
    let snapshot = Height(goal.0 - goal.0 % flags.interval);
    ensure!(snapshot > Height::ZERO, "only {goal} blocks were made; give more --seconds");
    let made = cluster.home(0).join(format!("data/snapshots/{snapshot}"));
    let begun = Instant::now();
    while !made.exists() {
        ensure!(begun.elapsed() < Duration::from_secs(120), "no snapshot of height {snapshot} was made");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (state, ledger) = (bytes(&made)?, bytes(&cluster.home(0).join("data/ledger"))?);
    println!(
        "{goal} blocks, {} KiB of database; the snapshot of height {snapshot} has {} KiB",
        ledger >> 10,
        state >> 10
    );
    let by_blocks = join(&mut cluster, goal).await?;
    println!(
        "by blocks:   {:.2} s, {:.0} blocks a second",
        by_blocks.as_secs_f64(),
        goal.0 as f64 / by_blocks.as_secs_f64()
    );
    cluster.configure(JOINER, "sync", "mode = \"snapshot\"\nsnapshot_height_min = 1")?;
    let by_snapshot = join(&mut cluster, goal).await?;
    ensure!(cluster.log_holds(JOINER, "fetching a snapshot"), "it did not join by snapshot");
    println!("by snapshot: {:.2} s, with the {} blocks after it", by_snapshot.as_secs_f64(), goal.since(snapshot));
    println!("ratio {:.1}", by_blocks.as_secs_f64() / by_snapshot.as_secs_f64());
    Ok(())
}

/// Sends load for some seconds.
fn load(cluster: &Cluster, flags: &Flags) -> anyhow::Result<()> {
    let mut command = Command::new(program("countersign")?);
    command.args(["--rpc", &cluster.url(0), "--contract", PROVENANCE, "--key"]).arg(cluster.key("org0/admin"));
    command.args(["bench", "--duration", &flags.seconds.to_string(), "--signers", "16", "--in-flight", "64"]);
    match flags.load {
        Load::Events => command.args(["--kind", "batch", "--batch", &flags.batch.to_string()]),
        Load::Calls => command.args(["--kind", "call", "--target", COUNTER, "--method", "add", "--args", r#"{"n":1}"#]),
    };
    ensure!(command.status()?.success(), "the load failed");
    Ok(())
}

/// Takes the joiner's ledger away; how long it takes from its start to be where the others are.
async fn join(cluster: &mut Cluster, goal: Height) -> anyhow::Result<Duration> {
    cluster.stop(JOINER)?;
    std::fs::remove_dir_all(cluster.home(JOINER).join("data/ledger")).context("removing the ledger")?;
    let begun = Instant::now();
    cluster.spawn(JOINER)?;
    cluster.until(JOINER, |status: &Status| status.certified_height >= goal).await?;
    Ok(begun.elapsed())
}

/// Bytes of the files in a directory.
fn bytes(directory: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}
