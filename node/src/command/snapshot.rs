//! `countersignd snapshot`: makes, checks and restores snapshots of stopped nodes.

use super::bar::Bar;
use crate::config::{Config, ConfigFlags};
use crate::join::{is_vacant, restore};
use crate::node::{LEDGER_DIRECTORY, read_genesis};
use crate::snapshots::SNAPSHOTS_DIRECTORY;
use anyhow::{Context as _, bail, ensure};
use countersign_ledger::snapshot::{self, Folder, Progress};
use countersign_ledger::{Ledger, RocksStore};
use countersign_types::Height;
use std::path::PathBuf;

/// What to do with a snapshot.
#[derive(Debug, clap::Subcommand)]
pub(super) enum SnapshotCommand {
    /// Make a snapshot of a stopped node's ledger at its last certified height
    Create(CreateFlags),
    /// Make the ledger of a node that has none from a snapshot; its vote journal is not touched
    Restore(RestoreFlags),
    /// Check a snapshot against the genesis, without a node
    Verify(VerifyFlags),
}

#[derive(Debug, clap::Args)]
pub(super) struct CreateFlags {
    #[command(flatten)]
    config: ConfigFlags,
    /// Directory to write to; it must not exist or be empty [default: where the node keeps its snapshots]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Height whose state is still kept [default: the last certified one]
    #[arg(long, value_name = "HEIGHT")]
    height: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreFlags {
    /// Directory of the snapshot
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    #[command(flatten)]
    config: ConfigFlags,
}

#[derive(Debug, clap::Args)]
pub(super) struct VerifyFlags {
    /// Directory of the snapshot
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Genesis file
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
}

pub(super) fn run(command: &SnapshotCommand) -> anyhow::Result<()> {
    match command {
        SnapshotCommand::Create(flags) => create(flags),
        SnapshotCommand::Restore(flags) => restore_from(flags),
        SnapshotCommand::Verify(flags) => verify(flags),
    }
}

fn create(flags: &CreateFlags) -> anyhow::Result<()> {
    let config = Config::load(&flags.config)?;
    let genesis = read_genesis(&config.genesis)?;
    let directory = config.data_dir.join(LEDGER_DIRECTORY);
    let store = RocksStore::open(&directory).with_context(|| format!("the ledger in {}", directory.display()))?;
    let reader = Ledger::open(store, &genesis)?.reader();
    let height = flags.height.map_or(reader.certified(), Height);
    let out = flags.out.clone().unwrap_or_else(|| config.data_dir.join(SNAPSHOTS_DIRECTORY).join(height.to_string()));
    let is_empty = !out.exists() || std::fs::read_dir(&out)?.next().is_none();
    ensure!(is_empty, "{} is not empty; a snapshot is not written over anything", out.display());
    let mut folder = Folder::make(&out)?;
    let mut bar = Bar::new();
    let made = snapshot::make(&reader, &genesis, height, &mut folder, shown(&mut bar, "making"))?;
    folder.sync()?;
    drop(bar);
    println!("snapshot {} of height {height}: {} pieces in {}", made.id(), made.pieces(), out.display());
    Ok(())
}

fn restore_from(flags: &RestoreFlags) -> anyhow::Result<()> {
    let config = Config::load(&flags.config)?;
    let genesis = read_genesis(&config.genesis)?;
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("cannot create the data directory {}", config.data_dir.display()))?;
    ensure!(
        is_vacant(&config.data_dir)?,
        "{} holds a ledger; move it away to restore another",
        config.data_dir.join(LEDGER_DIRECTORY).display()
    );
    let mut bar = Bar::new();
    let folder = Folder::at(&flags.directory);
    let height = restore(&config.data_dir, &folder, &genesis, shown(&mut bar, "restoring"))
        .with_context(|| format!("the snapshot in {}", flags.directory.display()))?;
    drop(bar);
    println!("the ledger in {} stands at height {height}", config.data_dir.display());
    Ok(())
}

fn verify(flags: &VerifyFlags) -> anyhow::Result<()> {
    let genesis = read_genesis(&flags.genesis)?;
    let mut bar = Bar::new();
    let folder = Folder::at(&flags.directory);
    let (snapshot, checked) = snapshot::check(&folder, &genesis, shown(&mut bar, "checking"))
        .with_context(|| format!("the snapshot in {}", flags.directory.display()))?;
    drop(bar);
    println!(
        "snapshot {} of height {}: {} pieces, {} state entries, {} log records, {} bytes",
        snapshot.id(),
        snapshot.height(),
        checked.pieces,
        checked.entries,
        checked.records,
        checked.bytes
    );
    for fault in &checked.faults {
        println!("{fault}");
    }
    if !checked.is_sound() {
        bail!("{} faults; make the snapshot again, or copy it from another node", checked.faults_count);
    }
    println!("sound");
    Ok(())
}

fn shown<'a>(bar: &'a mut Bar, part: &'static str) -> impl FnMut(Progress) + 'a {
    move |progress| bar.show(part, progress.done, progress.total)
}
