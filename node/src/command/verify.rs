//! `countersignd verify`: checks a database, and says exactly what is wrong.

use super::bar::Bar;
use crate::config::{Config, ConfigFlags};
use crate::node::{LEDGER_DIRECTORY, read_genesis};
use anyhow::{Context as _, bail};
use countersign_ledger::verify::{Fault, KeptFrom, Report, SpaceRows, verify};
use countersign_ledger::{Ledger, RocksStore, Tuning};
use countersign_types::{Genesis, Height};
use serde_json::{Value, json};
use std::path::Path;

/// What `verify` is told.
#[derive(Debug, clap::Args)]
pub(super) struct VerifyFlags {
    #[command(flatten)]
    config: ConfigFlags,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(flags: &VerifyFlags) -> anyhow::Result<()> {
    let config = Config::load(&flags.config)?;
    let genesis = read_genesis(&config.genesis)?;
    let directory = config.data_dir.join(LEDGER_DIRECTORY);
    let report = check(&directory, &genesis, &config.database)?;
    if flags.json {
        println!("{}", serde_json::to_string_pretty(&as_json(&report))?);
    } else {
        show(&report);
    }
    if !report.is_sound() {
        bail!(
            "{} faults in {}; `countersignd replay --replace` makes it anew from its own blocks, else restore a backup or remove it \
             and let the node sync again; see `Damage on the disk` in operate.md",
            report.faults_count,
            directory.display()
        );
    }
    Ok(())
}

/// Checks the ledger in a directory that no node uses, with a progress bar.
pub(super) fn check(directory: &Path, genesis: &Genesis, tuning: &Tuning) -> anyhow::Result<Report> {
    let at = || format!("the ledger in {}", directory.display());
    let store = RocksStore::open_with(directory, tuning).with_context(at)?;
    let ledger = Ledger::open(store, genesis).with_context(at)?;
    let mut bar = Bar::new();
    Ok(verify(&ledger.reader(), genesis, |progress| bar.show(progress.part, progress.done, progress.total)))
}

pub(super) fn show(report: &Report) {
    println!(
        "{} blocks, {} transactions, {} certificates, {} state entries, {} log records",
        report.blocks, report.transactions, report.certificates, report.entries, report.log_records
    );
    let KeptFrom { headers, bodies, receipts, states } = report.kept_from;
    println!(
        "kept and checked: {}, {}, {}, {}",
        from("headers", headers),
        from("transactions", bodies),
        from("receipts", receipts),
        from("states", states)
    );
    for SpaceRows { space, rows, bytes } in &report.spaces {
        println!("{:<13}{rows:>12} rows {bytes:>15} bytes", space.name());
    }
    for Fault { height, what } in &report.faults {
        println!("height {height}: {what}");
    }
    let listed = u64::try_from(report.faults.len()).unwrap_or(u64::MAX);
    if report.faults_count > listed {
        println!("and {} more faults", report.faults_count.saturating_sub(listed));
    }
    if report.is_sound() {
        println!("sound");
    }
}

fn from(what: &str, height: Height) -> String {
    if height <= Height(1) { format!("all {what}") } else { format!("{what} from {height} on") }
}

fn as_json(report: &Report) -> Value {
    let KeptFrom { headers, bodies, receipts, states } = report.kept_from;
    let spaces = report
        .spaces
        .iter()
        .map(|space| (space.space.name().to_owned(), json!({ "rows": space.rows, "bytes": space.bytes })));
    let faults: Vec<Value> =
        report.faults.iter().map(|fault| json!({ "height": fault.height, "what": fault.what })).collect();
    json!({
        "sound": report.is_sound(),
        "blocks": report.blocks,
        "transactions": report.transactions,
        "certificates": report.certificates,
        "stateEntries": report.entries,
        "logRecords": report.log_records,
        "keptFrom": { "headers": headers, "bodies": bodies, "receipts": receipts, "states": states },
        "spaces": serde_json::Map::from_iter(spaces),
        "faults": faults,
        "faultsCount": report.faults_count,
    })
}
