//! `make bench-traces`: a ledger of all industries with one lot to be recalled in it, and how long a node takes to say where it
//! all went.
//!
//! The ledger is written as `ledger` writes one: signed, executed by the contract, stored and certified, without a network.
//! Then one `countersignd` is started over it, with the disk's cache emptied, and asked over JSON-RPC: histories of pieces of
//! the lot, the deep chain both ways, and the recall. *Cold* is the first question of a process, *warm* the same once more.
//! The same events are put into PostgreSQL, the same questions are asked of it, and the answers compared. What matters is how
//! the figures grow from one ledger to the next, and how they compare; absolute ones differ between machines.

use anyhow::{Context as _, ensure};
use clap::Parser;
use countersign_api::method::trace::{
    HistoryParams, LineageParams, RecallParams, RecallScope, Trace, TraceBack, TraceForward, TraceHistory, TraceRecall,
};
use countersign_api::{At, Method, Read};
use countersign_client::Client;
use countersign_epcis::Identifier;
use countersign_tests::built;
use countersign_tests::chains::Mixed;
use countersign_tests::cluster::Cluster;
use countersign_tests::postgres::Postgres;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Builds ledgers of all industries and asks what became of things.
#[derive(Debug, Parser)]
struct Flags {
    /// Events of each ledger
    #[arg(long, value_delimiter = ',', default_values_t = [100_000u64, 1_000_000])]
    events: Vec<u64>,
    /// Serial numbers of the lot that is recalled
    #[arg(long, default_value_t = 100_000)]
    serials: u64,
    /// Transformations of the deep chain
    #[arg(long, default_value_t = 10_000)]
    depth: u64,
    /// Histories that are asked for
    #[arg(long, default_value_t = 200)]
    questions: u64,
    /// Times that the node is started anew, for what is cold
    #[arg(long, default_value_t = 3)]
    restarts: u64,
    /// Times that what is warm is asked
    #[arg(long, default_value_t = 10)]
    repeats: u64,
    /// Directory for the ledgers, kept and used again; without it a temporary one
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Writes the figures here as well, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

const VALIDATORS: u16 = 4;
const SEED: u64 = 1;
/// Events in a transaction, and in a block.
const BATCH: usize = 200;
/// Where the height of a ledger that is whole stands beside it.
const HEIGHT: &str = "height";

const HISTORY: &str = "history of a piece";
const FORWARD: &str = "forward over the deep chain";
const BACK: &str = "back over the deep chain";
const RECALL: &str = "recall, first page";
const RECALL_WHOLE: &str = "recall, all pieces";

/// One figure.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    events: u64,
    question: &'static str,
    /// Asked of PostgreSQL.
    reference: bool,
    warm: bool,
    asked: usize,
    p50_ms: f64,
    p99_ms: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let mut rows = Vec::new();
    for events in &flags.events {
        let temporary = tempfile::Builder::new().prefix("countersign-traces-").tempdir()?;
        let directory = flags.out.as_ref().unwrap_or(&temporary.path().to_owned()).join(format!("events-{events}"));
        let mixed = Mixed::new(SEED, *events, flags.serials, flags.depth);
        rows.extend(measure(&directory, &mixed, &flags).await?);
    }
    show(&rows, &flags.events);
    if let Some(path) = &flags.json {
        std::fs::write(path, serde_json::to_string_pretty(&rows)?)?;
    }
    Ok(())
}

async fn measure(directory: &Path, mixed: &Mixed, flags: &Flags) -> anyhow::Result<Vec<Row>> {
    println!("\n== {} events and more", mixed.events);
    let (mut cluster, height) = ledger(directory, mixed)?;
    let mut figures = Figures { events: mixed.events, rows: Vec::new() };
    let mut answers = None;
    for start in 0..flags.restarts.max(1) {
        let emptied = built::forget();
        if start == 0 && !emptied {
            println!("the disk's cache cannot be emptied here: what is called cold was read from the disk before");
        }
        cluster.spawn(0)?;
        cluster.until(0, |status| status.certified_height.0 == height).await?;
        let asker = Asker { client: cluster.client(0)?, mixed };
        // The contract's interface is compiled for the first question.
        asker.history(&mixed.deep.first()).await?;
        let some = |at: u64| piece(mixed, start * flags.questions + at);
        for warm in [false, true] {
            let is_last = start + 1 == flags.restarts.max(1);
            if warm && !is_last {
                continue;
            }
            let times = if warm { flags.repeats } else { 1 };
            figures.add(HISTORY, warm, flags.questions, async |at| asker.history(&some(at)).await.map(drop)).await?;
            figures.add(FORWARD, warm, times, async |_| asker.forward().await.map(drop)).await?;
            figures.add(BACK, warm, times, async |_| asker.back().await.map(drop)).await?;
            figures.add(RECALL, warm, times, async |_| asker.page(None, At::Final).await.map(drop)).await?;
            if warm {
                figures.add(RECALL_WHOLE, warm, 1, async |_| asker.recall().await.map(drop)).await?;
                answers = Some(Answers {
                    recall: asker.recall().await?,
                    forward: asker.forward().await?,
                    back: asker.back().await?,
                    histories: histories(&asker, mixed).await?,
                });
            }
        }
        println!("memory of the node: {} MiB", built::resident(cluster.process(0).context("the node runs")?)? >> 20);
        cluster.kill(0)?;
    }
    if let Some(answers) = answers {
        reference(mixed, flags, &answers, &mut figures)?;
    }
    Ok(figures.rows)
}

/// What a node answered.
struct Answers {
    recall: BTreeMap<String, String>,
    forward: BTreeSet<String>,
    back: BTreeSet<String>,
    histories: Vec<(Identifier, BTreeSet<u64>)>,
}

/// Histories to compare.
const COMPARED: u64 = 50;

async fn histories(asker: &Asker<'_>, mixed: &Mixed) -> anyhow::Result<Vec<(Identifier, BTreeSet<u64>)>> {
    let mut all = Vec::new();
    for number in 0..COMPARED {
        let item = piece(mixed, number);
        let records = asker.history(&item).await?;
        all.push((item, records));
    }
    Ok(all)
}

/// Asks PostgreSQL the same about the same events.
fn reference(mixed: &Mixed, flags: &Flags, answers: &Answers, figures: &mut Figures) -> anyhow::Result<()> {
    let directory = tempfile::Builder::new().prefix("countersign-postgres-").tempdir()?;
    let Some(mut server) = Postgres::create(directory.path())? else {
        eprintln!("NOT COMPARED: PostgreSQL is not installed, so there is no reference and no second opinion");
        return Ok(());
    };
    let begun = Instant::now();
    server.load(mixed)?;
    println!("PostgreSQL: filled and indexed in {:.0} s", begun.elapsed().as_secs_f64());
    let (lot, first, last) = (mixed.recall.lot(), mixed.deep.first(), mixed.deep.last());
    for start in 0..flags.restarts.max(1) {
        server.restart(|| {
            let _ = built::forget();
        })?;
        for warm in [false, true] {
            if warm && start + 1 < flags.restarts.max(1) {
                continue;
            }
            let times = if warm { flags.repeats } else { 1 };
            figures.add_other(HISTORY, warm, flags.questions, |at| {
                let item = piece(mixed, start * flags.questions + at);
                server.question("history", item.canonical()).map(drop)
            })?;
            figures.add_other(FORWARD, warm, times, |_| server.question("forward", first.canonical()).map(drop))?;
            figures.add_other(BACK, warm, times, |_| server.question("back", last.canonical()).map(drop))?;
            figures.add_other(RECALL_WHOLE, warm, times, |_| server.question("recall", lot.canonical()).map(drop))?;
        }
    }
    let rows = server.question("recall", lot.canonical())?;
    let all: BTreeMap<String, String> = rows.iter().filter_map(|row| row.split_once('\t')).map(owned).collect();
    let pieces: BTreeMap<String, String> = all.into_iter().filter(|(item, _)| *item != lot.canonical()).collect();
    ensure!(pieces == answers.recall, "PostgreSQL recalls otherwise: {} pieces", pieces.len());
    for (name, item, answer) in [("forward", &first, &answers.forward), ("back", &last, &answers.back)] {
        let found: BTreeSet<String> = server.question(name, item.canonical())?.into_iter().collect();
        ensure!(found == *answer, "PostgreSQL traces {name} otherwise: {} and not {}", found.len(), answer.len());
    }
    for (item, records) in &answers.histories {
        let rows = server.question("history", item.canonical())?;
        let found: BTreeSet<u64> = rows.iter().map(|row| row.parse()).collect::<Result<_, _>>()?;
        ensure!(found == *records, "PostgreSQL says otherwise what happened to {item}: {found:?} and not {records:?}");
    }
    println!(
        "PostgreSQL and the node answer the same: {} pieces at their places, {} and {} lots, {} histories",
        pieces.len(),
        answers.forward.len(),
        answers.back.len(),
        answers.histories.len()
    );
    Ok(())
}

fn owned((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

/// The ledger of these events, made unless it is there, and its height.
fn ledger(directory: &Path, mixed: &Mixed) -> anyhow::Result<(Cluster, u64)> {
    let note = directory.join(HEIGHT);
    if let Ok(height) = std::fs::read_to_string(&note) {
        return Ok((Cluster::again(directory, VALIDATORS)?, height.trim().parse()?));
    }
    let cluster = Cluster::create(directory, VALIDATORS, 0, &["--name", "traces"])?;
    let bar = ProgressBar::new(mixed.events);
    bar.set_style(ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} events, {eta} left")?);
    let begun = Instant::now();
    let mut count = 0;
    let height = built::build(&cluster, mixed.events().map(|event| event.canonical_bytes()), BATCH, |more| {
        count += more;
        bar.inc(more);
    })?;
    bar.finish_and_clear();
    let (took, bytes) = (begun.elapsed().as_secs_f64(), built::disk(&built::ledger_of(&cluster))?);
    println!("{count} events built in {took:.0} s, {:.0} a second", count as f64 / took);
    println!("on disk: {} MiB in {height} blocks, {} bytes an event", bytes >> 20, bytes / count.max(1));
    std::fs::write(note, height.to_string())?;
    Ok((cluster, height))
}

/// The figures of one ledger.
struct Figures {
    events: u64,
    rows: Vec<Row>,
}

impl Figures {
    /// Asks so many times.
    async fn add(
        &mut self,
        question: &'static str,
        warm: bool,
        times: u64,
        ask: impl AsyncFn(u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut taken: Vec<Duration> = Vec::new();
        for at in 0..times {
            let begun = Instant::now();
            ask(at).await?;
            taken.push(begun.elapsed());
        }
        self.taken(question, false, warm, &mut taken);
        Ok(())
    }

    /// Asks PostgreSQL so many times.
    fn add_other(
        &mut self,
        question: &'static str,
        warm: bool,
        times: u64,
        mut ask: impl FnMut(u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut taken: Vec<Duration> = Vec::new();
        for at in 0..times {
            let begun = Instant::now();
            ask(at)?;
            taken.push(begun.elapsed());
        }
        self.taken(question, true, warm, &mut taken);
        Ok(())
    }

    fn taken(&mut self, question: &'static str, reference: bool, warm: bool, taken: &mut [Duration]) {
        let (p50_ms, p99_ms) = built::quantiles(taken);
        let asked = taken.len();
        println!("{}: p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms ({asked} times)", title(question, reference, warm));
        self.rows.push(Row { events: self.events, question, reference, warm, asked, p50_ms, p99_ms });
    }
}

/// Asks a node.
struct Asker<'a> {
    client: Client,
    mixed: &'a Mixed,
}

impl Asker<'_> {
    /// The records of the events of an item.
    async fn history(&self, item: &Identifier) -> anyhow::Result<BTreeSet<u64>> {
        let params = HistoryParams::first(item.canonical().to_owned(), None, At::Final);
        let answer = self.client.unverified().call::<TraceHistory>(&params).await?.into_said();
        ensure!(!answer.data.events.is_empty(), "{item} has no events");
        Ok(answer.data.events.iter().map(|event| event.sequence).collect())
    }

    async fn forward(&self) -> anyhow::Result<BTreeSet<String>> {
        self.lineage::<TraceForward>(&self.mixed.deep.first()).await
    }

    async fn back(&self) -> anyhow::Result<BTreeSet<String>> {
        self.lineage::<TraceBack>(&self.mixed.deep.last()).await
    }

    /// All that was reached, page by page.
    async fn lineage<M>(&self, item: &Identifier) -> anyhow::Result<BTreeSet<String>>
    where
        M: Method<Params = LineageParams, Answer = Read<Trace>>,
    {
        let (mut all, mut params) = (BTreeSet::new(), LineageParams::whole(item.canonical(), None, At::Final));
        loop {
            let trace = self.client.unverified().call::<M>(&params).await?.into_said().data;
            ensure!(trace.truncated.is_none(), "the chain is not followed to its end");
            all.extend(trace.products.into_iter().chain(trace.containers));
            if trace.next_cursor.is_none() {
                break;
            }
            params.cursor = trace.next_cursor;
        }
        ensure!(!all.is_empty(), "{item} leads nowhere");
        Ok(all)
    }

    /// A page of the recall, and where it was read.
    async fn page(&self, after: Option<String>, at: At) -> anyhow::Result<(RecallScope, At)> {
        let epc = self.mixed.recall.lot().canonical().to_owned();
        let params = RecallParams { after, ..RecallParams::first(epc, None, at) };
        let answer = self.client.unverified().call::<TraceRecall>(&params).await?.into_said();
        let scope = answer.data;
        ensure!(scope.truncated.is_none(), "the recall is not whole");
        ensure!(scope.count == self.mixed.recall.serials() + 1, "{} products", scope.count);
        Ok((scope, At::Height(answer.height)))
    }

    /// All pieces of the recall, each with the place where it is.
    async fn recall(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let (mut all, mut after, mut at) = (BTreeMap::new(), None, At::Final);
        loop {
            let (scope, height) = self.page(after, at).await?;
            for product in scope.products.into_iter().filter(|product| product.is_instance) {
                let location = product.last_known.with_context(|| format!("{} is nowhere", product.item))?.location;
                all.insert(product.item, location);
            }
            if scope.next.is_none() {
                break;
            }
            (after, at) = (scope.next, height);
        }
        ensure!(all.len() as u64 == self.mixed.recall.serials(), "{} pieces on all pages", all.len());
        Ok(all)
    }
}

/// A piece of the lot, of which the same number means the same one.
fn piece(mixed: &Mixed, number: u64) -> Identifier {
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    mixed.recall.item(spread % mixed.recall.serials())
}

/// A line for each question, a column for each ledger, and how much it grew.
fn show(rows: &[Row], ledgers: &[u64]) {
    let mut questions: Vec<(&'static str, bool, bool)> = Vec::new();
    for row in rows {
        if !questions.contains(&(row.question, row.reference, row.warm)) {
            questions.push((row.question, row.reference, row.warm));
        }
    }
    questions.sort_unstable();
    let heads: Vec<String> = ledgers.iter().map(|events| format!("{events} events, p50 / p99 ms")).collect();
    println!("\n| question | {} | growth |", heads.join(" | "));
    println!("|---|{}---|", "---|".repeat(ledgers.len()));
    for (question, reference, warm) in questions {
        let mut cells = Vec::new();
        let mut medians = Vec::new();
        for events in ledgers {
            let of_it = rows.iter().filter(|row| {
                row.events == *events && (row.question, row.reference, row.warm) == (question, reference, warm)
            });
            // Each start has its own row; the middle one of their medians, and the worst of the rest.
            let (mut p50, mut p99): (Vec<f64>, Vec<f64>) = of_it.map(|row| (row.p50_ms, row.p99_ms)).unzip();
            p50.sort_by(f64::total_cmp);
            p99.sort_by(f64::total_cmp);
            let (half, most) = (p50.get(p50.len() / 2).copied(), p99.last().copied());
            cells.push(format!("{:.1} / {:.1}", half.unwrap_or_default(), most.unwrap_or_default()));
            medians.push(half.unwrap_or_default());
        }
        let growth = match (medians.first(), medians.last()) {
            (Some(first), Some(last)) if *first > 0.0 => format!("{:.2}", last / first),
            _ => String::new(),
        };
        println!("| {} | {} | {growth} |", title(question, reference, warm), cells.join(" | "));
    }
}

fn title(question: &str, reference: bool, warm: bool) -> String {
    format!("{question}, {}{}", if reference { "PostgreSQL, " } else { "" }, if warm { "warm" } else { "cold" })
}
