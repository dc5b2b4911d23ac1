//! The thread that serves snapshots to peers. Requests wait in a bounded queue, and each peer has a rate.

use super::Snapshots;
use crate::limits::SNAPSHOT_REQUESTS_MAX;
use crate::network::{Class, NetworkHandle};
use crate::threads::Threads;
use countersign_replica::limits::{PIECES_SERVED_BURST, PIECES_SERVED_MS};
use countersign_replica::throttle::Throttle;
use countersign_replica::wire::Wire;
use countersign_types::PublicKey;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Takes requests for snapshots.
#[derive(Debug, Clone)]
pub struct Server {
    requests: SyncSender<(PublicKey, Wire)>,
    served: Arc<AtomicU64>,
}

impl Server {
    /// Whether a message is for it.
    #[must_use]
    pub fn serves(message: &Wire) -> bool {
        matches!(message, Wire::SnapshotsWanted | Wire::SnapshotPieceWanted { .. })
    }

    /// Takes a request. With too many waiting it is dropped, and the peer asks again.
    pub fn request(&self, peer: PublicKey, message: Wire) {
        if self.requests.try_send((peer, message)).is_err() {
            tracing::debug!(%peer, "too many requests for snapshots wait");
        }
    }

    /// Pieces served since the start.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.served.load(Relaxed)
    }
}

/// Starts the thread. It ends when nobody can ask any more.
///
/// # Errors
/// If the system has no thread for it.
pub fn start(snapshots: Arc<Snapshots>, network: NetworkHandle, threads: &mut Threads) -> io::Result<Server> {
    let (sender, requests) = sync_channel(SNAPSHOT_REQUESTS_MAX);
    let server = Server { requests: sender, served: Arc::default() };
    let served = Arc::clone(&server.served);
    let run = move || serve(&snapshots, &network, &requests, &served);
    threads.add(std::thread::Builder::new().name("snapshot-server".into()).spawn(run)?);
    Ok(server)
}

fn serve(snapshots: &Snapshots, network: &NetworkHandle, requests: &Receiver<(PublicKey, Wire)>, served: &AtomicU64) {
    let mut throttle = Throttle::new(PIECES_SERVED_BURST, PIECES_SERVED_MS);
    // Who may connect is bounded, and few members change.
    let mut numbers: BTreeMap<PublicKey, u16> = BTreeMap::new();
    while let Ok((peer, message)) = requests.recv() {
        let next = u16::try_from(numbers.len()).unwrap_or(u16::MAX);
        let number = *numbers.entry(peer).or_insert(next);
        if !throttle.may(number, crate::replica_thread::now()) {
            continue;
        }
        let answer = match message {
            Wire::SnapshotsWanted => Wire::Snapshots(snapshots.offers()),
            Wire::SnapshotPieceWanted { snapshot, piece } => {
                let bytes = snapshots.piece(&snapshot, piece);
                served.fetch_add(u64::from(bytes.is_some()), Relaxed);
                Wire::SnapshotPiece { snapshot, piece, bytes }
            }
            _ => continue,
        };
        if let Err(cause) = network.send(&peer, Class::Sync, answer.to_bytes()) {
            tracing::debug!(%peer, %cause, "a piece of a snapshot was not sent");
        }
    }
}
