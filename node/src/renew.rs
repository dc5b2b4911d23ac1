//! Making a ledger anew from its own blocks: each is executed again into a database of its own, which then takes the ledger's
//! place. That mends damage to everything but the blocks themselves.

use crate::backup;
use crate::limits::JOIN_REPORT_INTERVAL;
use crate::node::LEDGER_DIRECTORY;
use anyhow::{Context as _, bail, ensure};
use countersign_ledger::{Class, Reader, RocksStore, Store};
use countersign_replica::wire::CertifiedBlock;
use countersign_replica::{Replay, ReplayError};
use countersign_types::{Genesis, Height};
use countersign_vm::{Vm, VmConfig};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where blocks are executed into.
pub(crate) const REPLAY_DIRECTORY: &str = "replay";
/// Where a ledger is kept that was replaced.
pub(crate) const DAMAGED_DIRECTORY: &str = "ledger.damaged";

/// Makes the ledger of a data directory anew; the one before is kept.
///
/// # Errors
/// If not all blocks are there and whole, if one gives another result than was certified, or the disk's. The ledger is as it was.
pub(crate) fn renew(stored: Reader<RocksStore>, genesis: &Genesis, data: &Path) -> anyhow::Result<()> {
    ensure_all_blocks(&stored)?;
    let (aside, into) = (data.join(DAMAGED_DIRECTORY), data.join(REPLAY_DIRECTORY));
    ensure!(!aside.exists(), "{} exists; move it away first", aside.display());
    let store = RocksStore::create(&into).with_context(|| format!("cannot execute into {}", into.display()))?;
    let scratch = Scratch(into.clone());
    let until = stored.certified();
    let mut reported = Instant::now();
    execute(&stored, genesis, until, store, |height| {
        if reported.elapsed() >= JOIN_REPORT_INTERVAL {
            tracing::info!(height = height.0, until = until.0, "making the ledger anew from its own blocks");
            reported = Instant::now();
        }
    })?;
    drop(stored);
    replace(&data.join(LEDGER_DIRECTORY), &aside, &into)?;
    drop(scratch);
    Ok(())
}

/// Checks that a ledger has all blocks.
///
/// # Errors
/// What it lacks.
pub(crate) fn ensure_all_blocks(stored: &Reader<RocksStore>) -> anyhow::Result<()> {
    let base = stored.base();
    ensure!(
        base == Height::ZERO,
        "this ledger was restored from a snapshot of height {base}: only a node that fetched all blocks can replay them"
    );
    let oldest = stored.oldest(Class::Bodies);
    ensure!(
        oldest <= Height(1),
        "transactions below height {oldest} were pruned here, and replay needs all blocks: run it where `retention.mode` is \
         full or archive"
    );
    Ok(())
}

/// Puts what was executed in the ledger's place. Cut off between the two, the node finds no ledger and fetches its blocks
/// from its peers.
pub(crate) fn replace(ledger: &Path, aside: &Path, executed: &Path) -> anyhow::Result<()> {
    let rename = |from: &Path, to: &Path| {
        std::fs::rename(from, to).with_context(|| format!("cannot rename {} to {}", from.display(), to.display()))
    };
    rename(ledger, aside)?;
    rename(executed, ledger)?;
    if let Some(data) = ledger.parent() {
        backup::sync(data)?;
    }
    Ok(())
}

/// Executes blocks up to a height into an empty store; answers the number of their transactions.
///
/// # Errors
/// What is missing or damaged, and where a block gives another result than was certified.
pub(crate) fn execute(
    stored: &Reader<RocksStore>,
    genesis: &Genesis,
    until: Height,
    store: RocksStore,
    mut progress: impl FnMut(Height),
) -> anyhow::Result<usize> {
    let vm = Vm::new(VmConfig::default())?;
    let mut replay = Replay::begin(store, genesis, &vm)?;
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
        progress(height);
    }
    replay.end()?;
    Ok(transactions)
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
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.0.exists()
            && let Err(cause) = std::fs::remove_dir_all(&self.0)
        {
            eprintln!("{} stays: {cause}", self.0.display());
        }
    }
}
