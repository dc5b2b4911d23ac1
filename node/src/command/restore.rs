//! `countersignd restore`: makes a backup the ledger of a stopped node that has none, once all of it was checked.
//!
//! The copy is checked under another name and renamed at the end, so a restore that was cut off leaves nothing that a node
//! would open. The vote journal is not touched: without one the node asks its peers what it may vote.

use super::verify;
use crate::backup;
use crate::config::{Config, ConfigFlags};
use crate::limits::SPACE_RESUME_BYTES;
use crate::node::{JOURNAL_FILE, LEDGER_DIRECTORY, read_genesis};
use crate::space::free_bytes;
use anyhow::{Context as _, bail, ensure};
use std::path::{Path, PathBuf};

/// What `restore` is told.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreFlags {
    /// The backup
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    #[command(flatten)]
    config: ConfigFlags,
}

pub(super) fn run(flags: &RestoreFlags) -> anyhow::Result<()> {
    let config = Config::load(&flags.config)?;
    let genesis = read_genesis(&config.genesis)?;
    let manifest = backup::read(&flags.directory)?;
    ensure!(
        manifest.chain == genesis.chain(),
        "the backup is of chain {}, the genesis {} is of chain {}",
        manifest.chain,
        config.genesis.display(),
        genesis.chain()
    );
    let ledger = config.data_dir.join(LEDGER_DIRECTORY);
    if !is_vacant(&ledger)? {
        bail!("{} is not empty: move it away first; nothing is overwritten", ledger.display());
    }
    std::fs::create_dir_all(&config.data_dir)?;
    let from = flags.directory.join(LEDGER_DIRECTORY);
    let needed = backup::directory_bytes(&from)?.saturating_add(SPACE_RESUME_BYTES);
    let free = free_bytes(&config.data_dir)?;
    ensure!(free >= needed, "{} has {free} bytes free, {needed} are needed", config.data_dir.display());

    let copy = config.data_dir.join(COPY_DIRECTORY);
    backup::remove(&copy)?;
    backup::copy(&from, &copy)?;
    let report = verify::check(&copy, &genesis, &config.database).context("the backup cannot be used")?;
    verify::show(&report);
    if !report.is_sound() {
        backup::remove(&copy)?;
        bail!("the backup has {} faults and is not used", report.faults_count);
    }
    std::fs::rename(&copy, &ledger).with_context(|| format!("cannot make it {}", ledger.display()))?;
    backup::sync(&config.data_dir)?;
    eprintln!("{} is restored; the node fetches what came later from its peers", ledger.display());
    if !config.data_dir.join(JOURNAL_FILE).exists() {
        eprintln!("there is no vote journal, which is as it should be: the node asks its peers what it may vote");
    }
    Ok(())
}

/// Where a backup is checked before it is used.
const COPY_DIRECTORY: &str = "ledger.restoring";

fn is_vacant(directory: &Path) -> anyhow::Result<bool> {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(cause) => Err(cause).with_context(|| format!("cannot look into {}", directory.display())),
    }
}
