//! Built: a ledger of many events, as validators would have written it, made without a network between them; and what a
//! process takes that answers from it.

use crate::chain::{Chain, Keys};
use crate::cluster::{Cluster, contract_module};
use anyhow::{Context as _, ensure};
use countersign_client::{capture, keyfile};
use countersign_epcis::answer::Mode;
use countersign_ledger::RocksStore;
use countersign_types::{Genesis, Outcome, SecretKey};
use countersignd::keystore::{self, Purpose};
use countersignd::node::LEDGER_DIRECTORY;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the contract in its organisation.
const PROVENANCE: &str = "provenance";
/// Bytes of events in a transaction, well within what one may take in bytes and gas.
pub const BATCH_BYTES: usize = 192 << 10;

/// Where the ledger of the first node of a network is.
#[must_use]
pub fn ledger_of(cluster: &Cluster) -> PathBuf {
    cluster.home(0).join("data").join(LEDGER_DIRECTORY)
}

/// The genesis that `countersignd testnet` made.
///
/// # Errors
/// If it cannot be read.
pub fn genesis_of(cluster: &Cluster) -> anyhow::Result<Genesis> {
    Ok(serde_json::from_str(&std::fs::read_to_string(cluster.genesis())?)?)
}

/// Captures events into a new ledger of a network's first node, at most so many to a transaction and block; answers its
/// height. The keys of all validators are those that `countersignd testnet` made.
///
/// # Errors
/// If the ledger is not new, or an event is not captured.
pub fn build(
    cluster: &Cluster,
    events: impl Iterator<Item = Vec<u8>>,
    batch: usize,
    mut captured: impl FnMut(u64),
) -> anyhow::Result<u64> {
    let store = RocksStore::create(&ledger_of(cluster))?;
    let mut chain = Chain::found(store, genesis_of(cluster)?, keys(cluster)?)?;
    let contract = chain.deploy(PROVENANCE, contract_module("provenance")?)?;
    let mut events = events.peekable();
    while events.peek().is_some() {
        let (mut some, mut bytes) = (Vec::new(), 0);
        // One event may be larger than all that is put together otherwise.
        while let Some(event) =
            events.next_if(|event| some.is_empty() || (some.len() < batch.max(1) && bytes + event.len() <= BATCH_BYTES))
        {
            bytes += event.len();
            some.push(event);
        }
        captured(some.len() as u64);
        let receipt = chain.run("org1/erp", capture::call_payload(contract, some, Mode::Rollback))?;
        ensure!(matches!(receipt.outcome, Outcome::Succeeded { .. }), "not captured: {receipt:?}");
    }
    Ok(chain.height().0)
}

/// Keys of a network that `countersignd testnet` made.
fn keys(cluster: &Cluster) -> anyhow::Result<Keys> {
    let validator = |index| -> anyhow::Result<SecretKey> {
        let seed = keystore::load(&cluster.home(index).join("validator.key"), Purpose::Validator)?;
        Ok(SecretKey::from_seed(seed.expose()))
    };
    let validators = (0..cluster.founders()).map(validator).collect::<anyhow::Result<_>>()?;
    let account = |id: &str| Ok((id.to_owned(), keyfile::load(&cluster.key(id))?));
    let accounts = ["org0/admin", "org1/erp"].into_iter().map(account).collect::<anyhow::Result<_>>()?;
    Ok(Keys { validators, accounts })
}

/// Empties the system's cache of files, if this user may.
#[must_use]
pub fn forget() -> bool {
    std::process::Command::new("sync").status().is_ok_and(|status| status.success())
        && std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

/// The times that half and all but one in a hundred do not exceed, in milliseconds.
#[must_use]
pub fn quantiles(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let at = |per_cent: usize| times.get((times.len() * per_cent / 100).min(times.len().saturating_sub(1)));
    let ms = |per_cent| at(per_cent).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    (ms(50), ms(99))
}

/// Bytes of the files of a directory.
///
/// # Errors
/// If they cannot be listed.
pub fn disk(directory: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// Bytes of a process in memory.
///
/// # Errors
/// If the system does not say.
pub fn resident(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib << 10)
}
