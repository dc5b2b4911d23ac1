//! `countersignd replay`: executes a stopped node's chain again from the genesis, and compares every result with the
//! certified one. What is executed goes into a database of its own, which is removed at the end, or with `--replace` becomes
//! the node's ledger: that mends damage to everything but the blocks themselves.

use super::bar::Bar;
use crate::config::{Config, ConfigFlags};
use crate::node::{LEDGER_DIRECTORY, read_genesis};
use crate::renew::{DAMAGED_DIRECTORY, REPLAY_DIRECTORY, Scratch, ensure_all_blocks, execute, replace};
use anyhow::{Context as _, ensure};
use countersign_ledger::{Ledger, RocksStore};
use countersign_types::Height;
use std::path::PathBuf;

/// What `replay` is told.
#[derive(Debug, clap::Args)]
pub(super) struct ReplayFlags {
    #[command(flatten)]
    config: ConfigFlags,
    /// Last height to execute [default: the last certified one]
    #[arg(long, value_name = "HEIGHT")]
    until: Option<u64>,
    /// Empty or missing directory to execute into; it is kept [default: `replay` in the data directory, removed after]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Make what was executed the node's ledger; the present one is kept as `ledger.damaged`
    #[arg(long, conflicts_with_all = ["until", "into"])]
    replace: bool,
}

pub(super) fn run(flags: &ReplayFlags) -> anyhow::Result<()> {
    let config = Config::load(&flags.config)?;
    let genesis = read_genesis(&config.genesis)?;
    let directory = config.data_dir.join(LEDGER_DIRECTORY);
    let store = RocksStore::open(&directory).with_context(|| format!("the ledger in {}", directory.display()))?;
    let stored = Ledger::open(store, &genesis)?.reader();
    ensure_all_blocks(&stored)?;
    let certified = stored.certified();
    let until = flags.until.map_or(certified, Height);
    ensure!(until <= certified, "height {until} is not certified yet; the last certified height is {certified}");
    let into = flags.into.clone().unwrap_or_else(|| config.data_dir.join(REPLAY_DIRECTORY));
    let aside = config.data_dir.join(DAMAGED_DIRECTORY);
    ensure!(!flags.replace || !aside.exists(), "{} exists; move it away first", aside.display());
    let store = RocksStore::create(&into)
        .with_context(|| format!("cannot execute into {}; remove it or give --into another", into.display()))?;
    // Only what was made here is removed.
    let scratch = flags.into.is_none().then(|| Scratch(into.clone()));
    let mut bar = Bar::new();
    let transactions = execute(&stored, &genesis, until, store, |height| bar.show("blocks", height.0, until.0))?;
    drop(bar);
    println!("{until} blocks, {transactions} transactions executed again: every result is the certified one");
    if flags.replace {
        drop(stored);
        replace(&directory, &aside, &into)?;
        eprintln!("{} is made anew; the one before is {}", directory.display(), aside.display());
    }
    drop(scratch);
    Ok(())
}
