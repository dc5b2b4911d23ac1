//! Snapshots on this node's disk: made at intervals beside the writer, served to who joins.
//!
//! ```text
//! DATA/snapshots/120000/            a snapshot of this height: its pieces, each a file
//! DATA/snapshots/making/            one that is being made; of no use after a stop
//! DATA/snapshots/joining/           one that is being fetched (`join`)
//! ```
//!
//! All nodes make snapshots of the same heights, the multiples of the interval, so that a joiner can fetch the pieces of one
//! from all of them. Files and not the live database are served: they stay as they are while somebody fetches them,
//! and keep no old state from being pruned for longer than it takes to write them. What a disk changed of them is not served:
//! each piece is checked when it is read, and a snapshot with a bad one is removed; the next interval has another.

mod make;
mod serve;

pub use make::start as start_maker;
pub use serve::{Server, start as start_server};

use anyhow::Context as _;
use countersign_ledger::snapshot::{Folder, Piece, Served, Snapshot, SnapshotError};
use countersign_replica::snapshot::Offer;
use countersign_types::{Genesis, Hash, Height};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Directory of the snapshots in a node's data directory.
pub const SNAPSHOTS_DIRECTORY: &str = "snapshots";
/// Where one is fetched to.
pub const JOINING: &str = "joining";
const MAKING: &str = "making";

/// The snapshots of a node.
#[derive(Debug)]
pub struct Snapshots {
    directory: PathBuf,
    ready: Mutex<BTreeMap<Height, Ready>>,
    damaged: AtomicU64,
}

/// One that is offered.
#[derive(Debug, Clone)]
struct Ready {
    offer: Offer,
    served: Arc<Mutex<Served<Folder>>>,
}

impl Ready {
    fn new(served: Served<Folder>) -> Self {
        let (height, manifest_parts) = (served.height(), served.manifest_parts());
        let offer = Offer { height, snapshot: served.snapshot().id(), manifest_parts };
        Self { offer, served: Arc::new(Mutex::new(served)) }
    }
}

impl Snapshots {
    /// Those of a data directory whose ledger is there. What was not finished is removed, and what cannot be read is left
    /// alone and not offered; nothing is, if the node makes none (`interval` is 0): an old one that is never replaced would
    /// hold back pruning for good.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn open(data: &Path, genesis: &Genesis, interval: u64) -> anyhow::Result<Self> {
        let directory = data.join(SNAPSHOTS_DIRECTORY);
        for unfinished in [MAKING, JOINING] {
            remove(&directory.join(unfinished))?;
        }
        let mut ready = BTreeMap::new();
        for height in heights(&directory)?.into_iter().filter(|_| interval > 0) {
            match Served::open(Folder::at(&directory.join(height.to_string())), genesis) {
                Ok(served) => {
                    ready.insert(height, Ready::new(served));
                }
                Err(cause) => tracing::warn!(height = height.0, %cause, "a snapshot cannot be read and is not offered"),
            }
        }
        Ok(Self { directory, ready: Mutex::new(ready), damaged: AtomicU64::new(0) })
    }

    /// What can be fetched from this node.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        self.ready().values().map(|ready| ready.offer).collect()
    }

    /// Height of the newest one, 0 if there is none.
    #[must_use]
    pub fn newest(&self) -> Height {
        self.ready().last_key_value().map_or(Height::ZERO, |(height, _)| *height)
    }

    /// The first block that who fetches the oldest one needs afterwards.
    #[must_use]
    pub fn needed_from(&self) -> Option<Height> {
        self.ready().first_key_value().map(|(height, _)| height.next())
    }

    /// How many were dropped since the start because a piece was damaged.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.damaged.load(Relaxed)
    }

    /// A piece of one, if it is there and what was written. A snapshot with one that is not is dropped.
    fn piece(&self, snapshot: &Hash, piece: Piece) -> Option<Vec<u8>> {
        let ready = self.ready().values().find(|ready| ready.offer.snapshot == *snapshot).cloned()?;
        // Not under the lock of the list, which others need meanwhile.
        let read = ready.served.lock().unwrap_or_else(PoisonError::into_inner).piece(piece);
        read.unwrap_or_else(|cause| {
            self.drop_damaged(ready.offer.height, &cause);
            None
        })
    }

    /// Offers one no more and removes its files, since nobody could use it.
    fn drop_damaged(&self, height: Height, cause: &SnapshotError) {
        if self.ready().remove(&height).is_none() {
            return;
        }
        self.damaged.fetch_add(1, Relaxed);
        tracing::warn!(
            height = height.0,
            %cause,
            "a snapshot is damaged on the disk and no longer offered; the next interval makes another"
        );
        if let Err(cause) = remove(&self.directory.join(height.to_string())) {
            tracing::warn!(height = height.0, cause = format!("{cause:#}"), "a damaged snapshot cannot be removed");
        }
    }

    /// Where the next one is made.
    fn making(&self) -> PathBuf {
        self.directory.join(MAKING)
    }

    /// The one that was made is whole: it is offered, and all but the newest `kept` are removed.
    fn publish(&self, made: Snapshot, kept: usize) -> anyhow::Result<()> {
        let height = made.height();
        let place = self.directory.join(height.to_string());
        remove(&place)?;
        fs::rename(self.making(), &place).with_context(|| format!("cannot rename to {}", place.display()))?;
        let made = Ready::new(Served::of(Folder::at(&place), made)?);
        let old: Vec<Height> = {
            let mut ready = self.ready();
            ready.insert(height, made);
            let old = ready.len().saturating_sub(kept);
            let old: Vec<Height> = ready.keys().take(old).copied().collect();
            ready.retain(|height, _| !old.contains(height));
            old
        };
        for height in old {
            remove(&self.directory.join(height.to_string()))?;
        }
        Ok(())
    }

    fn ready(&self) -> MutexGuard<'_, BTreeMap<Height, Ready>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn heights(directory: &Path) -> anyhow::Result<Vec<Height>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(cause).with_context(|| format!("cannot list {}", directory.display())),
    };
    let mut heights = Vec::new();
    for entry in entries {
        let name = entry.with_context(|| format!("cannot list {}", directory.display()))?.file_name();
        heights.extend(name.to_str().and_then(|name| name.parse().ok()).map(Height));
    }
    Ok(heights)
}

/// Removes a directory, if it is there.
///
/// # Errors
/// If it cannot be removed.
pub(crate) fn remove(directory: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(cause).with_context(|| format!("cannot remove {}", directory.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
