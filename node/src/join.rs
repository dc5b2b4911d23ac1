//! A node without a ledger joins by snapshot: [`Join`] says whom to ask for what, and here are its network, its files and
//! its clock. What was fetched survives a stop in `snapshots/joining`; the ledger is made beside its place
//! (`ledger.restoring`) and renamed when it is whole, so that a restore that was cut off is never taken for one.

use crate::limits::JOIN_REPORT_INTERVAL;
use crate::listener::Listener;
use crate::members::Members;
use crate::network::{Class, NetworkEvent, NetworkEvents, NetworkHandle, Verdict};
use crate::node::LEDGER_DIRECTORY;
use crate::replica_thread::now;
use crate::rpc::{Joining, joining};
use crate::snapshots::{JOINING, SNAPSHOTS_DIRECTORY, remove};
use anyhow::{Context as _, bail};
use countersign_ledger::RocksStore;
use countersign_ledger::snapshot::{self, Folder, Manifest, Piece, Progress, Shelf, SnapshotError};
use countersign_replica::snapshot::{Join, JoinFact, JoinOrder, JoinProgress};
use countersign_replica::wire::{self, Wire};
use countersign_types::{Genesis, Height, TimestampMs};
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// Where a ledger is made until it is whole.
const RESTORING: &str = "ledger.restoring";

/// How joining ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// The ledger stands at the snapshot's height.
    Restored,
    /// There is no snapshot: the ledger begins with the genesis.
    ByBlocks,
    /// The node is to stop.
    Stopped,
}

/// Whether a data directory has no ledger yet.
///
/// # Errors
/// If it cannot be read.
pub fn is_vacant(data: &Path) -> anyhow::Result<bool> {
    let directory = data.join(LEDGER_DIRECTORY);
    Ok(!directory.exists() || fs::read_dir(&directory)?.next().is_none())
}

/// What joining needs.
pub struct Joiner<'a> {
    /// The genesis.
    pub genesis: &'a Genesis,
    /// The data directory.
    pub data: &'a Path,
    /// Peers by the genesis and the configuration.
    pub members: &'a Members,
    /// To them.
    pub network: &'a NetworkHandle,
    /// From them.
    pub events: &'a mut NetworkEvents,
    /// Lowest height of a snapshot that is worth it.
    pub least: Height,
    /// Where others see how far it is.
    pub progress: watch::Sender<JoinProgress>,
}

impl Joiner<'_> {
    /// As [`Joiner::run`], while clients are told how far it is.
    ///
    /// # Errors
    /// As [`Joiner::run`], or if the listener's address cannot be had.
    pub async fn run_beside(
        self,
        listener: Listener,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) -> anyhow::Result<Joined> {
        let (stop_listening, listening_stopped) = oneshot::channel::<()>();
        let own = self.members.own.zip(self.members.own().cloned());
        let routes = joining(Joining {
            network: self.genesis.network.clone(),
            chain: self.genesis.chain(),
            own,
            started: Instant::now().into_std(),
            progress: self.progress.subscribe(),
        });
        let serving = tokio::spawn(listener.serve(routes, async {
            let _ = listening_stopped.await;
        }));
        let joined = self.run(stop).await;
        let _ = stop_listening.send(());
        let _ = serving.await;
        joined
    }

    /// Fetches a snapshot and restores it, or finds that there is none.
    ///
    /// # Errors
    /// If files cannot be written or read.
    pub async fn run(mut self, mut stop: Pin<&mut impl Future<Output = ()>>) -> anyhow::Result<Joined> {
        let directory = self.data.join(SNAPSHOTS_DIRECTORY).join(JOINING);
        loop {
            match self.fetch(&directory, stop.as_mut()).await? {
                Joined::Restored => {}
                other => return Ok(other),
            }
            tracing::info!("the snapshot is here; restoring the ledger from it");
            let (data, genesis) = (self.data.to_owned(), self.genesis.clone());
            let stopping = Arc::new(AtomicBool::new(false));
            let shelf = Stoppable { folder: Folder::at(&directory), stopping: Arc::clone(&stopping) };
            let mut restoring =
                tokio::task::spawn_blocking(move || restore(&data, &shelf, &genesis, report_restoring()));
            let restored = tokio::select! {
                restored = &mut restoring => restored?,
                () = &mut stop => {
                    stopping.store(true, Relaxed);
                    let _ = restoring.await?;
                    return Ok(Joined::Stopped);
                }
            };
            match restored {
                Ok(height) => {
                    keep(&directory, height);
                    return Ok(Joined::Restored);
                }
                // What the disk spoiled is fetched again.
                Err(SnapshotError::Piece { piece, .. } | SnapshotError::Missing { piece }) => {
                    tracing::warn!(%piece, "a piece of the snapshot is damaged on this disk; it is fetched again");
                    Folder::at(&directory).remove(piece)?;
                }
                Err(SnapshotError::Manifest(cause)) => {
                    tracing::warn!(%cause, "the snapshot's manifest is damaged on this disk; all is fetched again");
                    remove(&directory)?;
                }
                Err(cause) => return Err(cause.into()),
            }
        }
    }

    /// Fetches until all pieces are in the directory.
    async fn fetch(
        &mut self,
        directory: &Path,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> anyhow::Result<Joined> {
        let peers = self.members.validators.count().saturating_add(self.members.guests());
        let others = peers.saturating_sub(u16::from(self.members.own.is_some()));
        let mut folder = Folder::make(directory)?;
        let join = Join::new(self.genesis.clone(), self.least, usize::from(others));
        let mut join = recall(join, &mut folder)?;
        let mut wake = now();
        let mut reported = Instant::now();
        // Who is connected already is not announced again.
        let connected = self.network.peers().into_iter().filter(|peer| peer.is_connected);
        let mut facts: Vec<JoinFact> = connected
            .filter_map(|peer| self.members.index_of(&peer.key))
            .map(|peer| JoinFact::Connected { peer })
            .collect();
        facts.push(JoinFact::Tick);
        loop {
            for fact in facts.drain(..) {
                for order in join.handle(now(), fact) {
                    match order {
                        JoinOrder::Done => {
                            let known = *self.progress.borrow();
                            self.progress.send_replace(JoinProgress { kept: known.pieces, ..known });
                            return Ok(Joined::Restored);
                        }
                        JoinOrder::ByBlocks => {
                            tracing::info!("peers have no snapshot of this chain: fetching blocks from the genesis on");
                            remove(directory)?;
                            return Ok(Joined::ByBlocks);
                        }
                        JoinOrder::WakeAt(at) => wake = at,
                        order => self.carry_out(order, &mut folder)?,
                    }
                }
            }
            self.progress.send_replace(join.progress());
            if reported.elapsed() >= JOIN_REPORT_INTERVAL {
                report(&join.progress());
                reported = Instant::now();
            }
            let wait = Duration::from_millis(wake.since(now()).max(1)).min(JOIN_REPORT_INTERVAL);
            tokio::select! {
                () = &mut stop => return Ok(Joined::Stopped),
                event = self.events.recv() => match event {
                    // The share goes back once the fact is handled.
                    Some((event, share)) => {
                        facts.extend(self.fact(event));
                        drop(share);
                    }
                    None => bail!("the network has stopped"),
                },
                () = tokio::time::sleep(wait) => facts.push(JoinFact::Tick),
            }
        }
    }

    fn carry_out(&self, order: JoinOrder, folder: &mut Folder) -> anyhow::Result<()> {
        match order {
            JoinOrder::AskOffers { peer } => self.send(peer, &Wire::SnapshotsWanted),
            JoinOrder::AskPiece { peer, snapshot, piece } => {
                self.send(peer, &Wire::SnapshotPieceWanted { snapshot, piece })
            }
            JoinOrder::Begin { snapshot, height } => {
                tracing::info!(height = height.0, %snapshot, "fetching a snapshot");
                remove(folder.path())?;
                *folder = Folder::make(folder.path())?;
            }
            JoinOrder::Keep { piece, bytes } => folder.put(piece, &bytes)?,
            JoinOrder::Accuse { peer, what } => {
                let key = self.members.peer(peer).map(|key| key.to_string());
                tracing::warn!(peer = key, %what, "a peer sent what is wrong; it is asked no more");
            }
            JoinOrder::Done | JoinOrder::ByBlocks | JoinOrder::WakeAt(_) => {}
        }
        Ok(())
    }

    fn send(&self, peer: u16, message: &Wire) {
        let Some(key) = self.members.peer(peer) else { return };
        if let Err(cause) = self.network.send(&key, Class::Sync, message.to_bytes()) {
            tracing::debug!(%cause, "a question about snapshots was not sent");
        }
    }

    /// What the joiner hears of an event. Nothing but snapshots matters yet; who asks for one is told that there is none.
    fn fact(&self, event: NetworkEvent) -> Option<JoinFact> {
        match event {
            NetworkEvent::Connected { peer } => Some(JoinFact::Connected { peer: self.members.index_of(&peer)? }),
            NetworkEvent::Disconnected { peer } => Some(JoinFact::Disconnected { peer: self.members.index_of(&peer)? }),
            NetworkEvent::Message { peer, class: Class::Sync, bytes } => {
                let index = self.members.index_of(&peer)?;
                match Wire::from_bytes(&bytes, wire::Class::Sync).ok()? {
                    Wire::Snapshots(offers) => Some(JoinFact::Offers { peer: index, offers }),
                    Wire::SnapshotPiece { snapshot, piece, bytes } => {
                        Some(JoinFact::Piece { peer: index, snapshot, piece, bytes })
                    }
                    Wire::SnapshotsWanted => {
                        self.send(index, &Wire::Snapshots(Vec::new()));
                        None
                    }
                    _ => None,
                }
            }
            NetworkEvent::Message { .. } => None,
            NetworkEvent::Transactions { message_id, .. } => {
                if let Err(cause) = self.network.report(message_id, Verdict::Ignore) {
                    tracing::debug!(%cause, "a gossiped batch was not judged in time");
                }
                None
            }
        }
    }
}

/// A folder that gives nothing more once the node is to stop.
struct Stoppable {
    folder: Folder,
    stopping: Arc<AtomicBool>,
}

impl Shelf for Stoppable {
    fn put(&mut self, piece: Piece, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.folder.put(piece, bytes)
    }

    fn get(&self, piece: Piece) -> Result<Option<Vec<u8>>, SnapshotError> {
        if self.stopping.load(Relaxed) {
            let cause = std::io::Error::new(std::io::ErrorKind::Interrupted, "the node is stopping");
            return Err(SnapshotError::Io { path: self.folder.path().to_owned(), doing: "reading", cause });
        }
        self.folder.get(piece)
    }
}

/// Goes on with what an earlier process kept. What is damaged is removed.
fn recall(mut join: Join, folder: &mut Folder) -> anyhow::Result<Join> {
    let manifest = match Manifest::read(folder) {
        Ok(manifest) => manifest,
        Err(SnapshotError::Missing { .. } | SnapshotError::Manifest(_)) => return Ok(join),
        Err(cause) => return Err(cause.into()),
    };
    if let Err(cause) = join.resume(manifest.clone()) {
        tracing::warn!(%cause, "what was fetched of a snapshot is of no use");
        return Ok(join);
    }
    for (cut, starts) in (0u32..).zip(&manifest.layout.logs) {
        let parts = (0u32..).take(starts.len()).map(|part| Piece::Logs { cut, part });
        for piece in std::iter::once(Piece::State { cut }).chain(parts) {
            let Some(bytes) = folder.get(piece)? else { continue };
            if join.recall(piece, &bytes).is_err() {
                folder.remove(piece)?;
            }
        }
    }
    let JoinProgress { height, kept, pieces, .. } = join.progress();
    tracing::info!(height = height.0, kept, pieces, "going on with the snapshot that was begun");
    Ok(join)
}

fn report(progress: &JoinProgress) {
    let JoinProgress { height, kept, pieces, bytes, peers, accused } = *progress;
    match height {
        Height::ZERO => tracing::info!(peers, accused, "joining: asking for snapshots"),
        _ => tracing::info!(height = height.0, kept, pieces, bytes, peers, accused, "joining by snapshot"),
    }
}

fn report_restoring() -> impl FnMut(Progress) + Send {
    let mut reported: Option<TimestampMs> = None;
    move |progress| {
        let now = now();
        let every = u64::try_from(JOIN_REPORT_INTERVAL.as_millis()).unwrap_or(u64::MAX);
        if now.since(*reported.get_or_insert(now)) >= every {
            tracing::info!(done = progress.done, total = progress.total, "restoring the ledger");
            reported = Some(now);
        }
    }
}

/// Makes the ledger of a data directory that has none from a snapshot; answers its height.
///
/// # Errors
/// What is wrong with the snapshot, or the disk. No ledger is there then.
pub fn restore(
    data: &Path,
    shelf: &impl Shelf,
    genesis: &Genesis,
    progress: impl FnMut(Progress),
) -> Result<Height, SnapshotError> {
    let (begun, place): (PathBuf, PathBuf) = (data.join(RESTORING), data.join(LEDGER_DIRECTORY));
    let io = |path: &Path, doing, cause| SnapshotError::Io { path: path.to_owned(), doing, cause };
    match fs::remove_dir_all(&begun) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(io(&begun, "removing", cause)),
        _ => {}
    }
    let ledger = snapshot::restore(RocksStore::create(&begun)?, shelf, genesis, progress)?;
    let height = ledger.tip().height;
    drop(ledger);
    // An empty directory may stand there.
    let _ = fs::remove_dir(&place);
    fs::rename(&begun, &place).map_err(|cause| io(&place, "putting the ledger", cause))?;
    let parent = fs::File::open(data).and_then(|directory| directory.sync_all());
    parent.map_err(|cause| io(data, "syncing", cause))?;
    Ok(height)
}

/// What was fetched can be served to others.
fn keep(directory: &Path, height: Height) {
    let place = directory.with_file_name(height.to_string());
    if let Err(cause) = remove(&place).and_then(|()| fs::rename(directory, &place).context("renaming")) {
        tracing::warn!(%cause, "the snapshot is not kept for others");
    }
}
