//! `make bench-ledger`: a ledger of many events, and how long a node takes to answer about one item of it.
//!
//! The events are signed, executed by the contract, stored in RocksDB and certified exactly as by validators, whose keys
//! this program holds, but without a network between them. Then one `countersignd` is started over the ledger and asked
//! over JSON-RPC: histories of items at random, and proof files, each verified offline. Figures differ between machines;
//! the reference is the same question on a ledger of a hundredth of the events, in the same run.

use anyhow::{Context as _, ensure};
use clap::Parser;
use countersign_api::At;
use countersign_api::method::proof::{GetTraceParams, ProofGetTrace, Query};
use countersign_api::method::trace::{HistoryParams, TraceHistory};
use countersign_client::Client;
use countersign_client::verify::{self, Trusted};
use countersign_tests::built;
use countersign_tests::cluster::Cluster;
use countersign_tests::lives::{LONG, Lives, SHORT, long_item, short_item};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Builds a ledger of many events and asks about items of it.
#[derive(Debug, Parser)]
struct Flags {
    /// Number of events, rounded up
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Events in a transaction, and in a block
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// Questions of each kind
    #[arg(long, default_value_t = 200)]
    questions: u64,
    /// Directory for the network, kept; without it a temporary one
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const VALIDATORS: u16 = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    for (name, events) in [("reference", flags.events / 100), ("whole", flags.events)] {
        let temporary = tempfile::Builder::new().prefix("countersign-ledger-").tempdir()?;
        let directory = flags.out.as_ref().map_or(temporary.path().to_owned(), |out| out.join(name));
        measure(&directory, Lives::of(events), &flags).await?;
    }
    Ok(())
}

async fn measure(directory: &Path, lives: Lives, flags: &Flags) -> anyhow::Result<()> {
    println!("\n== {} events of {} items", lives.events(), lives.short() + lives.long());
    let mut cluster = Cluster::create(directory, VALIDATORS, 0, &["--name", "ledger"])?;
    let trusted = Trusted::from(&built::genesis_of(&cluster)?);
    let ledger = built::ledger_of(&cluster);
    let begun = Instant::now();
    let bar = ProgressBar::new(lives.events());
    bar.set_style(ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} events, {eta} left")?);
    let events = (0..lives.events()).map(|number| lives.event(number).canonical_bytes());
    let height = built::build(&cluster, events, flags.batch, |more| bar.inc(more))?;
    bar.finish_and_clear();
    let took = begun.elapsed();
    println!("built in {:.0} s, {:.0} events a second", took.as_secs_f64(), rate(lives.events(), took));
    println!(
        "on disk: {} MiB in {height} blocks, {} bytes an event",
        built::disk(&ledger)? >> 20,
        built::disk(&ledger)? / lives.events()
    );
    let cold = built::forget();
    let begun = Instant::now();
    cluster.spawn(0)?;
    cluster.until(0, |status| status.certified_height.0 == height).await?;
    println!(
        "answers {:.2} s after its start, the disk's cache {}",
        begun.elapsed().as_secs_f64(),
        if cold { "empty" } else { "as it was" }
    );

    let mut asker = Asker { client: cluster.client(0)?, trusted, seed: 1, questions: flags.questions };
    let begun = Instant::now();
    asker.history(long_item(0)).await?;
    println!("first answer after {:.0} ms: the contract is compiled for it", begun.elapsed().as_secs_f64() * 1e3);
    // Cold: nothing of it was read since the disk's cache was emptied. Warm: the same questions again.
    for temperature in ["cold", "warm"] {
        asker.seed = 1;
        asker.histories(&format!("history of {SHORT} events, {temperature}"), lives.short(), short_item).await?;
        asker.histories(&format!("history of {LONG} events, {temperature}"), lives.long(), long_item).await?;
    }
    asker.proofs(&format!("proof of {SHORT} events"), lives.short(), short_item).await?;
    asker.proofs(&format!("proof of {LONG} events"), lives.long(), long_item).await?;
    println!("memory of the node: {} MiB", built::resident(cluster.process(0).context("the node runs")?)? >> 20);
    cluster.kill(0)
}

struct Asker {
    client: Client,
    trusted: Trusted,
    seed: u64,
    questions: u64,
}

impl Asker {
    async fn histories(&mut self, what: &str, items: u64, item: fn(u64) -> String) -> anyhow::Result<()> {
        let mut times = Vec::new();
        for _ in 0..self.questions {
            let epc = item(self.draw(items));
            let begun = Instant::now();
            self.history(epc).await?;
            times.push(begun.elapsed());
        }
        println!("{what}: {}", quantiles(&mut times));
        Ok(())
    }

    async fn history(&self, epc: String) -> anyhow::Result<()> {
        let params = HistoryParams::first(epc, None, At::Final);
        let answer = self.client.unverified().call::<TraceHistory>(&params).await?.into_said();
        ensure!(!answer.data.events.is_empty(), "an item without events");
        Ok(())
    }

    async fn proofs(&mut self, what: &str, items: u64, item: fn(u64) -> String) -> anyhow::Result<()> {
        let (mut exported, mut verified, mut bytes) = (Vec::new(), Vec::new(), 0usize);
        for _ in 0..self.questions {
            let (query, item) = (Query::History, item(self.draw(items)));
            let params = GetTraceParams::whole(None, query, item, At::Final);
            let begun = Instant::now();
            let file = self.client.unverified().call::<ProofGetTrace>(&params).await?.into_said();
            exported.push(begun.elapsed());
            let text = serde_json::to_string(&file.proof)?;
            bytes += text.len();
            let begun = Instant::now();
            let _ = verify::verify(&verify::read(text.as_bytes())?, &self.trusted)?;
            verified.push(begun.elapsed());
        }
        println!("{what}, exported: {}", quantiles(&mut exported));
        println!("{what}, verified: {}; {} bytes", quantiles(&mut verified), bytes as u64 / self.questions.max(1));
        Ok(())
    }

    /// A number below `bound`; the same ones in each run.
    fn draw(&mut self, bound: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % bound.max(1)
    }
}

fn quantiles(times: &mut [Duration]) -> String {
    let (half, most) = built::quantiles(times);
    format!("p50 {half:.2} ms, p99 {most:.2} ms")
}

fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
