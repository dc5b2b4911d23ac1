//! `countersignd replay`: executes a stopped node's chain again from the genesis, and compares every result with the
//! certified one. What is executed goes into a database of its own, which is removed at the end, or with `--replace` becomes
//! the node's ledger: that mends damage to everything but the blocks themselves.

use super::bar::Bar;
use crate::backup;
use crate::config::{Config, ConfigFlags};
use crate::node::{LEDGER_DIRECTORY, read_genesis};
use anyhow::{Context as _, bail, ensure};
use countersign_ledger::{Class, Ledger, Reader, RocksStore, Store};
use countersign_replica::wire::CertifiedBlock;
use countersign_replica::{Replay, ReplayError};
use countersign_types::{Genesis, Height};
use countersign_vm::{Vm, VmConfig};
use std::path::{Path, PathBuf};

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

/// Where a ledger is kept that was replaced.
const DAMAGED_DIRECTORY: &str = "ledger.damaged";

pub(super) fn run(flags: &ReplayFlags) -> anyhow::Result<()> {
    let config = Config::load(&flags.config)?;
    let genesis = read_genesis(&config.genesis)?;
    let directory = config.data_dir.join(LEDGER_DIRECTORY);
    let store = RocksStore::open(&directory).with_context(|| format!("the ledger in {}", directory.display()))?;
    let stored = Ledger::open(store, &genesis)?.reader();
    let oldest = stored.oldest(Class::Bodies);
    ensure!(
        oldest <= Height(1),
        "transactions below height {oldest} were pruned here, and replay needs all blocks: run it where `retention.mode` is \
         full or archive"
    );
    let certified = stored.certified();
    let base = stored.base();
    ensure!(
        base == Height::ZERO,
        "this ledger was restored from a snapshot of height {base}: only a node that fetched all blocks can replay them"
    );
    let until = flags.until.map_or(certified, Height);
    ensure!(until <= certified, "height {until} is not certified yet; the last certified height is {certified}");
    let into = flags.into.clone().unwrap_or_else(|| config.data_dir.join("replay"));
    let aside = config.data_dir.join(DAMAGED_DIRECTORY);
    ensure!(!flags.replace || !aside.exists(), "{} exists; move it away first", aside.display());
    let store = RocksStore::create(&into)
        .with_context(|| format!("cannot execute into {}; remove it or give --into another", into.display()))?;
    // Only what was made here is removed.
    let scratch = flags.into.is_none().then(|| Scratch(into.clone()));
    execute(&stored, &genesis, until, store)?;
    if flags.replace {
        drop(stored);
        replace(&directory, &aside, &into)?;
    }
    drop(scratch);
    Ok(())
}

/// Puts what was executed in the ledger's place. Cut off between the two, the node finds no ledger and fetches its blocks
/// from its peers.
fn replace(ledger: &Path, aside: &Path, executed: &Path) -> anyhow::Result<()> {
    let rename = |from: &Path, to: &Path| {
        std::fs::rename(from, to).with_context(|| format!("cannot rename {} to {}", from.display(), to.display()))
    };
    rename(ledger, aside)?;
    rename(executed, ledger)?;
    if let Some(data) = ledger.parent() {
        backup::sync(data)?;
    }
    eprintln!("{} is made anew; the one before is {}", ledger.display(), aside.display());
    Ok(())
}

fn execute(stored: &Reader<RocksStore>, genesis: &Genesis, until: Height, store: RocksStore) -> anyhow::Result<()> {
    let vm = Vm::new(VmConfig::default())?;
    let mut replay = Replay::begin(store, genesis, &vm)?;
    let mut bar = Bar::new();
    let mut transactions = 0usize;
    for height in (1..=until.0).map(Height) {
        let Some(block) = CertifiedBlock::read(stored, height)? else {
            bail!("the certificate of the result at height {height} is missing; let the node catch up first");
        };
        transactions = transactions.saturating_add(block.transactions.len());
        match replay.block(block) {
            Err(cause @ ReplayError::Differs { .. }) => {
                let first = first_difference(stored, &replay.reader(), height)?;
                return Err(anyhow::Error::new(cause).context(first));
            }
            other => other?,
        }
        bar.show("blocks", height.0, until.0);
    }
    replay.end()?;
    drop(bar);
    println!("{until} blocks, {transactions} transactions executed again: every result is the certified one");
    Ok(())
}

/// What to look at first where results differ.
fn first_difference<A: Store, B: Store>(stored: &Reader<A>, own: &Reader<B>, height: Height) -> anyhow::Result<String> {
    let (before, now) = (stored.receipts(height)?, own.receipts(height)?);
    let different = before.into_iter().zip(now).find(|(before, now)| before != now);
    Ok(match different {
        Some((before, now)) => format!(
            "transaction {} of block {height} (position {}) ended with {:?} and {} gas, now with {:?} and {}",
            before.transaction, before.index, before.outcome, before.gas_used, now.outcome, now.gas_used
        ),
        None => format!("all receipts of block {height} are equal; the state differs"),
    })
}

/// A directory that is removed at the end.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.0.exists()
            && let Err(cause) = std::fs::remove_dir_all(&self.0)
        {
            eprintln!("{} stays: {cause}", self.0.display());
        }
    }
}
