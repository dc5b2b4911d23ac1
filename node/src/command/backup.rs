//! `countersignd backup`: copies a ledger. A running node is asked to; the ledger of a stopped one is opened.

use crate::config::{Config, ConfigFlags};
use crate::node::{LEDGER_DIRECTORY, read_genesis};
use crate::{admin, backup};
use anyhow::Context as _;
use countersign_ledger::{Ledger, RocksStore};
use std::path::PathBuf;

/// What `backup` is told.
#[derive(Debug, clap::Args)]
pub(super) struct BackupFlags {
    /// Directory to make
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    #[command(flatten)]
    config: ConfigFlags,
}

pub(super) fn run(flags: &BackupFlags) -> anyhow::Result<()> {
    let config = Config::load(&flags.config)?;
    let directory = std::path::absolute(&flags.directory)?;
    let manifest = match admin::request_backup(&config.data_dir, &directory)? {
        Some(manifest) => manifest,
        None => {
            let genesis = read_genesis(&config.genesis)?;
            let ledger = config.data_dir.join(LEDGER_DIRECTORY);
            let at = || format!("the ledger in {}", ledger.display());
            let store = RocksStore::open_with(&ledger, &config.database).with_context(at)?;
            let ledger = Ledger::open(store, &genesis).with_context(at)?;
            backup::write(&ledger.reader(), &genesis, &directory)?
        }
    };
    println!("{}", serde_json::to_string_pretty(&manifest)?);
    eprintln!(
        "height {} is in {}; copy it to another disk, and rehearse `countersignd restore`",
        manifest.height,
        directory.display()
    );
    Ok(())
}
