//! `countersignd verify`: checks a database, and says exactly what is wrong.

use super::bar::Bar;
use crate::config::{Config, ConfigFlags};
use crate::node::{LEDGER_DIRECTORY, read_genesis};
use anyhow::{Context as _, bail};
use countersign_ledger::{Ledger, RocksStore, verify};

pub(super) fn run(flags: &ConfigFlags) -> anyhow::Result<()> {
    let config = Config::load(flags)?;
    let genesis = read_genesis(&config.genesis)?;
    let directory = config.data_dir.join(LEDGER_DIRECTORY);
    let store = RocksStore::open(&directory).with_context(|| format!("the ledger in {}", directory.display()))?;
    let ledger = Ledger::open(store, &genesis)?;
    let mut bar = Bar::new();
    let report =
        verify::verify(&ledger.reader(), &genesis, |progress| bar.show(progress.part, progress.done, progress.total));
    drop(bar);
    println!(
        "{} blocks, {} transactions, {} certificates, {} state entries, {} log records",
        report.blocks, report.transactions, report.certificates, report.entries, report.log_records
    );
    for fault in &report.faults {
        println!("height {}: {}", fault.height, fault.what);
    }
    if !report.is_sound() {
        bail!(
            "{} faults; restore a backup, or remove {} and let the node sync again",
            report.faults_count,
            directory.display()
        );
    }
    println!("sound");
    Ok(())
}
