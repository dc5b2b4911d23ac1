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
//! and keep no old state from being pruned for longer than it takes to write them.

mod make;
mod serve;

pub use make::start as start_maker;
pub use serve::{Server, start as start_server};

use anyhow::Context as _;
use countersign_ledger::snapshot::{Folder, Manifest, Piece, Shelf as _, SnapshotError};
use countersign_replica::snapshot::Offer;
use countersign_types::{Hash, Height};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Directory of the snapshots in a node's data directory.
pub const SNAPSHOTS_DIRECTORY: &str = "snapshots";
/// Where one is fetched to.
pub const JOINING: &str = "joining";
const MAKING: &str = "making";

/// The snapshots of a node.
#[derive(Debug)]
pub struct Snapshots {
    directory: PathBuf,
    ready: Mutex<BTreeMap<Height, Offer>>,
}

impl Snapshots {
    /// Those of a data directory whose ledger is there. What was not finished is removed, and what cannot be read is left
    /// alone and not offered; nothing is, if the node makes none (`interval` is 0): an old one that is never replaced would
    /// hold back pruning for good.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn open(data: &Path, interval: u64) -> anyhow::Result<Self> {
        let directory = data.join(SNAPSHOTS_DIRECTORY);
        for unfinished in [MAKING, JOINING] {
            remove(&directory.join(unfinished))?;
        }
        let mut ready = BTreeMap::new();
        for height in heights(&directory)?.into_iter().filter(|_| interval > 0) {
            match offer(&directory.join(height.to_string())) {
                Ok(offer) => {
                    ready.insert(height, offer);
                }
                Err(cause) => tracing::warn!(height = height.0, %cause, "a snapshot cannot be read and is not offered"),
            }
        }
        Ok(Self { directory, ready: Mutex::new(ready) })
    }

    /// What can be fetched from this node.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        self.ready().values().copied().collect()
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

    /// A piece of one, if it is there.
    fn piece(&self, snapshot: &Hash, piece: Piece) -> Result<Option<Vec<u8>>, SnapshotError> {
        let height = self.ready().values().find(|offer| offer.snapshot == *snapshot).map(|offer| offer.height);
        height.map_or(Ok(None), |height| Folder::at(&self.directory.join(height.to_string())).get(piece))
    }

    /// Where the next one is made.
    fn making(&self) -> PathBuf {
        self.directory.join(MAKING)
    }

    /// The one that was made is whole: it is offered, and all but the newest `kept` are removed.
    fn publish(&self, height: Height, kept: usize) -> anyhow::Result<()> {
        let place = self.directory.join(height.to_string());
        remove(&place)?;
        fs::rename(self.making(), &place).with_context(|| format!("cannot rename to {}", place.display()))?;
        let offer = offer(&place)?;
        let old: Vec<Height> = {
            let mut ready = self.ready();
            ready.insert(height, offer);
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

    fn ready(&self) -> MutexGuard<'_, BTreeMap<Height, Offer>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a directory with a whole snapshot offers.
fn offer(directory: &Path) -> Result<Offer, SnapshotError> {
    let manifest = Manifest::read(&Folder::at(directory))?;
    let parts = u32::try_from(manifest.pieces()?.len()).unwrap_or(u32::MAX);
    Ok(Offer { height: manifest.layout.height, snapshot: manifest.layout.id(), manifest_parts: parts })
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
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use countersign_ledger::snapshot::Layout;

    #[test]
    fn a_node_that_makes_none_offers_none_and_holds_nothing_back() {
        let data = tempfile::tempdir().unwrap();
        let place = data.path().join(SNAPSHOTS_DIRECTORY).join("32");
        let height = Height(32);
        let layout = Layout { chain: Hash::ZERO, height, result: Hash::ZERO, tree: Vec::new(), logs: Vec::new() };
        let (epochs, range, blocks) = (Vec::new(), Default::default(), Vec::new());
        let manifest = Manifest { format: 1, layout, epochs, range, blocks };
        let mut folder = Folder::make(&place).unwrap();
        folder.put(Piece::Manifest { part: 0 }, &manifest.pieces().unwrap()[0]).unwrap();
        let made = Snapshots::open(data.path(), 100).unwrap();
        assert_eq!((made.offers().len(), made.needed_from()), (1, Some(Height(33))));
        let none = Snapshots::open(data.path(), 0).unwrap();
        assert_eq!((none.offers().len(), none.needed_from(), place.exists()), (0, None, true));
    }
}
