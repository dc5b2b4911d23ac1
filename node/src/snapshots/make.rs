//! The thread that makes a snapshot of each height that is a multiple of the interval, once its result is certified.

use super::Snapshots;
use crate::limits::SNAPSHOTS_KEPT;
use crate::shared::Shared;
use crate::threads::Threads;
use countersign_ledger::snapshot::{self, Folder, Piece, Shelf, SnapshotError};
use countersign_ledger::{Reader, RocksStore};
use countersign_types::{Genesis, Height};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Starts it, unless the interval is 0.
///
/// # Errors
/// If the system has no thread for it.
pub fn start(
    snapshots: Arc<Snapshots>,
    (reader, genesis): (Reader<RocksStore>, Genesis),
    interval: u64,
    shared: Arc<Shared>,
    threads: &mut Threads,
) -> io::Result<()> {
    if interval == 0 {
        return Ok(());
    }
    let maker = Maker { snapshots, reader, genesis, shared };
    let run = move || {
        let progress = maker.shared.progress();
        let mut made = maker.snapshots.newest();
        while !maker.shared.is_stopping() {
            let certified = progress.borrow().certified;
            let height = Height(certified.0 - certified.0 % interval);
            if height > made && !maker.shared.is_space_low() {
                match maker.make(height) {
                    Ok(()) => made = height,
                    // A certificate that is missing comes.
                    Err(SnapshotError::Height { .. }) => {}
                    Err(cause) => {
                        made = height;
                        tracing::warn!(height = height.0, %cause, "no snapshot of this height is made");
                    }
                }
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
    };
    threads.add(std::thread::Builder::new().name("snapshots".into()).spawn(run)?);
    Ok(())
}

/// How often the thread looks. The state of a height is kept for 128 heights: 600 blocks a second would be too fast.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

struct Maker {
    snapshots: Arc<Snapshots>,
    reader: Reader<RocksStore>,
    genesis: Genesis,
    shared: Arc<Shared>,
}

impl Maker {
    fn make(&self, height: Height) -> Result<(), SnapshotError> {
        let began = Instant::now();
        let failed = |doing, cause: anyhow::Error| SnapshotError::Io {
            path: self.snapshots.making(),
            doing,
            cause: io::Error::other(cause.to_string()),
        };
        super::remove(&self.snapshots.making()).map_err(|cause| failed("removing the last attempt", cause))?;
        let folder = Folder::make(&self.snapshots.making())?;
        let mut shelf = Interruptible { folder, shared: &self.shared };
        let made = snapshot::make(&self.reader, &self.genesis, height, &mut shelf, |_| {})?;
        shelf.folder.sync()?;
        let (pieces, snapshot) = (made.pieces(), made.id());
        self.snapshots.publish(made, SNAPSHOTS_KEPT).map_err(|cause| failed("publishing", cause))?;
        self.reader.hold(self.snapshots.needed_from());
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(height = height.0, %snapshot, pieces, ms, "snapshot made");
        Ok(())
    }
}

/// A folder that takes nothing more once the node stops or its disk is full.
struct Interruptible<'a> {
    folder: Folder,
    shared: &'a Shared,
}

impl Shelf for Interruptible<'_> {
    fn put(&mut self, piece: Piece, bytes: &[u8]) -> Result<(), SnapshotError> {
        let interrupted = |what: &str| SnapshotError::Io {
            path: self.folder.path().to_owned(),
            doing: "writing",
            cause: io::Error::new(io::ErrorKind::Interrupted, what),
        };
        if self.shared.is_stopping() {
            return Err(interrupted("the node is stopping"));
        }
        if self.shared.is_space_low() {
            return Err(interrupted("the disk is nearly full"));
        }
        self.folder.put(piece, bytes)
    }

    fn get(&self, piece: Piece) -> Result<Option<Vec<u8>>, SnapshotError> {
        self.folder.get(piece)
    }
}
